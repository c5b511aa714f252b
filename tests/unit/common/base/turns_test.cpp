#include "common/base/turns.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <thread>

namespace sallyport {
namespace {

/// As sched_getattr(2) has it, in nanoseconds; 0: this kernel knows nothing of it.
std::uint64_t length_of_a_turn() {
  std::array<unsigned char, 48> attributes{};
  constexpr std::size_t kRuntime = 24;
  if (::syscall(SYS_sched_getattr, 0, attributes.data(), attributes.size(), 0) != 0) return 0;
  std::uint64_t length = 0;
  std::memcpy(&length, attributes.data() + kRuntime, sizeof length);
  return length;
}

TEST(Turns, AreShortAndThenAsBefore) {
  std::thread{[] {
    const auto usual = length_of_a_turn();
    if (usual == 0) GTEST_SKIP() << "this kernel has turns of one length only";
    ASSERT_EQ(::setpriority(PRIO_PROCESS, 0, 3), 0);
    take_turns(Turns::Short);
    EXPECT_EQ(length_of_a_turn(), 100'000U);
    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), 3) << "nothing else changes";
    EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER);
    take_turns(Turns::Usual);
    EXPECT_EQ(length_of_a_turn(), usual);
  }}.join();
}

TEST(Turns, OfAThreadThatBacksOffStayAsTheyAre) {
  std::thread{[] {
    const sched_param none{};
    if (::sched_setscheduler(0, SCHED_IDLE, &none) != 0) GTEST_SKIP() << "not allowed here";
    take_turns(Turns::Short);
    EXPECT_EQ(::sched_getscheduler(0), SCHED_IDLE);
  }}.join();
}

}  // namespace
}  // namespace sallyport
