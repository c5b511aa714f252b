#include "client/daemon/authority_turn.hpp"

#include "tests/support/run_for.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::milliseconds;

AuthorityAnnouncement retiring(const std::string& name) { return {{}, {name}, {}}; }

class AuthorityTurnTest : public testing::Test {
 protected:
  void run_for(milliseconds time) { test::run_for(loop_, time); }

  Loop loop_;
  bool is_busy_ = false;
  std::vector<AuthorityAnnouncement> tried_;
  int late_ = 0;
  AuthorityTurn turn_{loop_,
                      [this](const AuthorityAnnouncement& announcement) {
                        tried_.push_back(announcement);
                        return !is_busy_;
                      },
                      [this] { ++late_; }};
};

TEST_F(AuthorityTurnTest, IsAtOnceWhileNobodyElseChangesTheFiles) {
  EXPECT_TRUE(turn_.begin(retiring("a")));
  run_for(milliseconds{600});
  EXPECT_EQ(tried_.size(), 1U);
  EXPECT_EQ(late_, 0);
}

TEST_F(AuthorityTurnTest, ComesWhenTheFilesAreFreeAgain) {
  is_busy_ = true;
  EXPECT_FALSE(turn_.begin(retiring("a")));
  run_for(milliseconds{600});
  EXPECT_GE(tried_.size(), 2U);
  EXPECT_EQ(late_, 0);
  is_busy_ = false;
  run_for(milliseconds{600});
  EXPECT_EQ(late_, 1);
  const auto tries = tried_.size();
  run_for(milliseconds{600});
  EXPECT_EQ(tried_.size(), tries) << "once is enough";
  EXPECT_EQ(tried_.back(), retiring("a"));
}

TEST_F(AuthorityTurnTest, IsThatOfTheNewestAnnouncement) {
  is_busy_ = true;
  EXPECT_FALSE(turn_.begin(retiring("a")));
  EXPECT_FALSE(turn_.begin(retiring("b")));
  is_busy_ = false;
  run_for(milliseconds{600});
  EXPECT_EQ(tried_.back(), retiring("b"));
  EXPECT_EQ(late_, 1);
}

TEST_F(AuthorityTurnTest, IsNotThatOfASessionThatIsOver) {
  is_busy_ = true;
  EXPECT_FALSE(turn_.begin(retiring("a")));
  turn_.drop();
  is_busy_ = false;
  run_for(milliseconds{600});
  EXPECT_EQ(tried_.size(), 1U);
  EXPECT_EQ(late_, 0);
}

}  // namespace
}  // namespace sallyport
