#include "common/uv/newest.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport {
namespace {

TEST(Newest, DropsWhatWasNotTakenInTimeForWhatCameAfterIt) {
  Loop loop;
  std::vector<int> taken;
  Newest<int> newest{loop, [&](int&& value) { taken.push_back(value); }};
  for (int value = 1; value <= 1000; ++value) newest.put(value);
  loop.run_once();
  EXPECT_EQ(taken, std::vector{1000});
  newest.put(1001);
  loop.run_once();
  EXPECT_EQ(taken, (std::vector{1000, 1001}));
}

}  // namespace
}  // namespace sallyport
