#include "common/base/processors.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace sallyport {
namespace {

TEST(Processors, AreThoseThatMayBeUsedNotThoseThereAre) {
  EXPECT_GE(usable_processors(), 1U);
  std::size_t of_one = 0;
  std::thread bound{[&of_one] {
    cpu_set_t set;
    ASSERT_EQ(::sched_getaffinity(0, sizeof set, &set), 0);
    int first = 0;
    while (!CPU_ISSET(first, &set)) ++first;
    CPU_ZERO(&set);
    CPU_SET(first, &set);
    ASSERT_EQ(::sched_setaffinity(0, sizeof set, &set), 0);
    of_one = usable_processors();
  }};
  bound.join();
  EXPECT_EQ(of_one, 1U);
}

}  // namespace
}  // namespace sallyport
