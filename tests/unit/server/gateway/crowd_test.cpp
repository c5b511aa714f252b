#include "server/gateway/crowd.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport {
namespace {

TEST(Crowd, LetsInNoMoreThanItsBounds) {
  Crowd<std::string> crowd{3, 2};
  EXPECT_TRUE(crowd.enter("a"));
  EXPECT_TRUE(crowd.enter("a"));
  EXPECT_FALSE(crowd.enter("a"));
  EXPECT_TRUE(crowd.is_full_of("a"));
  EXPECT_FALSE(crowd.is_full());
  EXPECT_TRUE(crowd.enter("b"));
  EXPECT_TRUE(crowd.is_full());
  EXPECT_FALSE(crowd.enter("c"));
}

TEST(Crowd, HasRoomAgainOnceSomebodyLeft) {
  Crowd<std::string> crowd{2, 1};
  ASSERT_TRUE(crowd.enter("a"));
  ASSERT_TRUE(crowd.enter("b"));
  crowd.leave("a");
  EXPECT_FALSE(crowd.is_full());
  EXPECT_FALSE(crowd.enter("b"));
  EXPECT_TRUE(crowd.enter("a"));
}

}  // namespace
}  // namespace sallyport
