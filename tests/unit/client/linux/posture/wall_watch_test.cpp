#include "client/linux/posture/wall_watch.hpp"

#include "common/base/process.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

/// In a network namespace of its own.
class WallWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!nft("list ruleset")) GTEST_SKIP() << "nft does not work here";
    (void)nft("delete table inet wall");
    ASSERT_EQ(watch.follow(), "");
    EXPECT_FALSE(watch.take());
  }
  static bool nft(const std::string& words) {
    const auto ran = run_process({.argv = {"nft", words}, .deadline = std::chrono::seconds{5}, .output_limit = 65'536});
    return ran && ran->exit_code == 0;
  }

  WallWatch watch;
};

TEST_F(WallWatchTest, NoticesTablesChainsAndRulesThatComeAndGo) {
  ASSERT_TRUE(nft("add table inet wall"));
  EXPECT_TRUE(watch.take());
  EXPECT_FALSE(watch.take()) << "told once";
  ASSERT_TRUE(nft("add chain inet wall input { type filter hook input priority 0; policy drop; }"));
  EXPECT_TRUE(watch.take());
  ASSERT_TRUE(nft("add rule inet wall input accept"));
  EXPECT_TRUE(watch.take());
  ASSERT_TRUE(nft("flush chain inet wall input"));
  EXPECT_TRUE(watch.take());
  ASSERT_TRUE(nft("delete table inet wall"));
  EXPECT_TRUE(watch.take());
}

TEST_F(WallWatchTest, PassesOverSetsAndWhoOnlyLooks) {
  ASSERT_TRUE(nft("add table inet wall"));
  ASSERT_TRUE(watch.take());
  ASSERT_TRUE(nft("add set inet wall banned { type ipv4_addr; }"));
  ASSERT_TRUE(nft("add element inet wall banned { 192.0.2.1 }"));
  ASSERT_TRUE(nft("list ruleset"));
  EXPECT_FALSE(watch.take());
}

TEST_F(WallWatchTest, AtRestNothingIsTold) {
  watch.rest();
  EXPECT_LT(watch.fd(), 0);
  ASSERT_TRUE(nft("add table inet wall"));
  EXPECT_FALSE(watch.take());
}

}  // namespace
}  // namespace sallyport
