#include "server/gateway/audit_evidence.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kThen{500'000h};

Evidence attested_at(WallTime time) {
  Evidence evidence;
  evidence.key_proved = time;
  evidence.posture.reported = time;
  return evidence;
}

TEST(Attestation, IsANewerProofOfTheKey) {
  EXPECT_TRUE(has_attested(attested_at(kThen), attested_at(kThen + 1s)));
  EXPECT_FALSE(has_attested(attested_at(kThen), attested_at(kThen)));
}

TEST(Attestation, CountsInTheSecondOfTheHandshakeToo) {
  Evidence handshake;
  handshake.key_proved = kThen;
  EXPECT_TRUE(has_attested(handshake, attested_at(kThen)));
}

TEST(Attestation, IsNotThatAPersonProvedSomething) {
  auto proved = attested_at(kThen);
  proved.user_proved = kThen + 5s;
  EXPECT_FALSE(has_attested(attested_at(kThen), proved));
}

TEST(Attestation, IsNotThatTheKeyWentAway) {
  auto pulled = attested_at(kThen);
  pulled.key_proved.reset();
  EXPECT_FALSE(has_attested(attested_at(kThen), pulled));
  EXPECT_TRUE(has_attested(pulled, attested_at(kThen + 9s))) << "and then it is back";
}

}  // namespace
}  // namespace sallyport
