#include "common/base/trimmed.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(Trimmed, LosesTheBlanksAtBothEndsAndNoneBetween) {
  EXPECT_EQ(trimmed(" \ta b\r\n"), "a b");
  EXPECT_EQ(trimmed("a"), "a");
}

TEST(Trimmed, IsEmptyWhereNothingElseIsThere) {
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed(" \t\r\n"), "");
}

TEST(Trimmed, LosesThoseOnlyThatCount) { EXPECT_EQ(trimmed(" \ta ", " "), "\ta"); }

}  // namespace
}  // namespace sallyport
