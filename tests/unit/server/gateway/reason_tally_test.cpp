#include "server/gateway/reason_tally.hpp"

#include "common/tls/tls_error.hpp"
#include "common/wire/est.hpp"
#include "server/enrolment/enrolment.hpp"
#include "server/gateway/gateway_tally.hpp"
#include "server/gateway/handshake_gate.hpp"
#include "server/gateway/obstacle.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace sallyport {
namespace {

std::uint64_t count_of(const ReasonTally& tally, std::string_view name) {
  for (const auto& entry : tally.entries()) {
    if (entry.name == name) return entry.count;
  }
  return UINT64_MAX;
}

TEST(ReasonTally, HasEveryReasonBeforeTheFirst) {
  const ReasonTally tally{{"b", "a", "b"}};
  EXPECT_EQ(tally.entries(), (std::vector<ReasonTally::Entry>{{"a", 0}, {"b", 0}, {"other", 0}}));
}

TEST(ReasonTally, LosesNoReasonThatItDoesNotKnow) {
  ReasonTally tally{{"a", "c"}};
  for (const auto* name : {"c", "b", "", "zz", "a", "c"}) tally.count(name);
  EXPECT_EQ(tally.entries(), (std::vector<ReasonTally::Entry>{{"a", 1}, {"c", 2}, {"other", 3}}));
}

TEST(ReasonTally, IsCountedByManyThreads) {
  ReasonTally tally{{"a", "b"}};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 10'000; ++k) tally.count("b");
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count_of(tally, "b"), 40'000U);
}

TEST(GatewayTally, KnowsEveryReasonThatAHandshakeIsRefusedFor) {
  GatewayTally tally;
  for (std::size_t i = 0; i < kHandshakeRefusals; ++i)
    tally.note_refusal("handshake.refused", name_of(static_cast<HandshakeRefusal>(i)));
  for (std::size_t i = 0; i <= static_cast<std::size_t>(CertificateRefusal::Rejected); ++i)
    tally.note_refusal("handshake.refused", to_string(static_cast<CertificateRefusal>(i)));
  for (std::size_t i = 0; i <= static_cast<std::size_t>(TlsFault::Library); ++i)
    tally.note_refusal("handshake.refused", to_string(static_cast<TlsFault>(i)));
  for (std::size_t i = 0; i < kObstacles; ++i)
    tally.note_refusal("handshake.refused", name_of(static_cast<Obstacle>(i)));
  EXPECT_EQ(count_of(tally.handshakes_refused, "other"), 0U);
  EXPECT_EQ(count_of(tally.handshakes_refused, "sessions_first"), 1U);
  EXPECT_EQ(count_of(tally.handshakes_refused, "trust_changed"), 1U);
  EXPECT_EQ(count_of(tally.handshakes_refused, "revoked"), 1U);
  EXPECT_EQ(count_of(tally.certificates_refused, "other"), 0U) << "nothing was counted there";
}

TEST(GatewayTally, KnowsEveryReasonThatACertificateIsRefusedFor) {
  GatewayTally tally;
  for (std::size_t i = 0; i < kEnrolmentRefusals; ++i)
    tally.note_refusal("renewal.refused", name_of(static_cast<EnrolmentRefusal>(i)));
  for (std::size_t i = 0; i <= static_cast<std::size_t>(EstError::CutShort); ++i)
    tally.note_refusal("enrolment.refused", problem_for(static_cast<EstError>(i)).reason);
  EXPECT_EQ(count_of(tally.certificates_refused, "other"), 0U);
  EXPECT_EQ(count_of(tally.certificates_refused, "unknown_token"), 1U);
}

TEST(GatewayTally, SaysThatTheLastReloadWasRefusedUntilAWholeOneIsNot) {
  GatewayTally tally;
  tally.note_refused_reload();
  tally.note_reload(false);
  EXPECT_TRUE(tally.is_last_reload_refused) << "of certificates and records alone";
  tally.note_reload(true);
  EXPECT_FALSE(tally.is_last_reload_refused);
  EXPECT_EQ(tally.reloads, 2U);
  EXPECT_EQ(tally.reloads_refused, 1U);
}

}  // namespace
}  // namespace sallyport
