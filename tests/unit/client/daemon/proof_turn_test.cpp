#include "client/daemon/proof_turn.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::seconds;

constexpr TimePoint kStart{seconds{1'000}};
const ProofAttempt kCode{"totp", "123456"};

TEST(ProofTurn, IsTakenUntilTheVerdictIsHere) {
  ProofTurn turn;
  EXPECT_FALSE(turn.is_taken(kStart));
  turn.offer(kCode);
  EXPECT_TRUE(turn.is_taken(kStart));
  EXPECT_EQ(turn.send(kStart), kCode);
  EXPECT_EQ(turn.send(kStart), std::nullopt) << "once";
  EXPECT_TRUE(turn.is_taken(kStart + seconds{15}));
  turn.settle();
  EXPECT_FALSE(turn.is_taken(kStart + seconds{15}));
}

TEST(ProofTurn, IsNotFreeWhenNobodyWaitsAnyMoreForACodeThatLeft) {
  ProofTurn turn;
  turn.offer(kCode);
  ASSERT_TRUE(turn.send(kStart));
  turn.withdraw();
  EXPECT_TRUE(turn.is_taken(kStart + seconds{16})) << "its verdict would be given to the next";
  EXPECT_FALSE(turn.is_taken(kStart + ProofTurn::kLost)) << "the gateway lost it";
}

TEST(ProofTurn, NeverSendsWhatWasWithdrawn) {
  ProofTurn turn;
  turn.offer(kCode);
  turn.withdraw();
  EXPECT_FALSE(turn.is_taken(kStart));
  EXPECT_EQ(turn.send(kStart), std::nullopt);
  EXPECT_FALSE(turn.is_taken(kStart));
}

}  // namespace
}  // namespace sallyport
