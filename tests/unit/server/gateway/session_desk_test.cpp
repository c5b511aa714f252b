#include "server/gateway/session_desk.hpp"

#include "tests/unit/server/gateway/control_fixture.hpp"

namespace sallyport {
namespace {

class Sessions : public ControlRoom {
 protected:
  void end(SessionId session, EndReason reason = EndReason::ClosedByClient) {
    desk_.take(report::Ended{.session = session, .reason = reason, .traffic = {}});
  }

  SessionDesk desk_{books_, orders_, counts_, tally_};
};

TEST_F(Sessions, ThatEndAreRecordedCountedAndForgotten) {
  const auto session = connect().grant.id;
  end(session);
  ASSERT_EQ(records_of("session.close").size(), 1U);
  EXPECT_EQ(records_of("session.close").front()["reason"], name_of(EndReason::ClosedByClient));
  EXPECT_EQ(counts_.ended[static_cast<std::size_t>(EndReason::ClosedByClient)], 1U);
  EXPECT_EQ(registry_.size(), 0U);
  EXPECT_EQ(workers_.forgotten, std::vector{session});
  end(session);
  EXPECT_EQ(records_of("session.close").size(), 1U) << "nobody knows it any more";
}

TEST_F(Sessions, WhoseStartWasNotToldEndWithoutARecordUnlessTheGatewayEndsThem) {
  auto& quiet = connect();
  quiet.is_told = false;
  end(quiet.grant.id);
  EXPECT_TRUE(records_of("session.close").empty());
  EXPECT_EQ(journal_.left_out(), 1U);
  auto& ended = connect();
  ended.is_told = false;
  end(ended.grant.id, EndReason::DeviceRevoked);
  EXPECT_EQ(records_of("session.close").size(), 1U);
}

TEST_F(Sessions, ThatCarryMakeTheCertificateOfBeforeCountNoMore) {
  enroll();
  ASSERT_TRUE(store_.renew({.device = DeviceId{"ana-laptop"},
                            .user = UserId{"ana@example.com"},
                            .presented = "ana-laptop",
                            .serial = "newer",
                            .not_after = now_.wall + std::chrono::days{30}},
                           now_.wall));
  auto& entry = connect();
  entry.grant.serial = "newer";
  entry.started = false;
  desk_.take(report::Started{entry.grant.id});
  EXPECT_TRUE(entry.started);
  ASSERT_EQ(records_of("certificate.revoked").size(), 1U);
  EXPECT_EQ(records_of("certificate.revoked").front()["serial"], "ana-laptop");
}

TEST_F(Sessions, ThatTakeOverFromThemselvesAgainAndAgainAreSaidToFlap) {
  for (int i = 0; i < 8; ++i) end(connect().grant.id, EndReason::Superseded);
  EXPECT_EQ(times_said("session.flapping"), 1);
  EXPECT_EQ(counts_.flapping, 1U);
}

TEST_F(Sessions, ThatAttestAreRecordedTheFirstTimeAndAfterARefusal) {
  auto& entry = connect();
  const auto attest = [&] {
    pass(std::chrono::seconds{10});
    Evidence evidence = entry.evidence;
    evidence.key_proved = now_.wall;
    report::EvidenceRenewed renewed{entry.grant.id, std::move(evidence)};
    desk_.take(renewed);
  };
  attest();
  attest();
  EXPECT_EQ(records_of("attestation.accepted").size(), 1U);
  desk_.take(report::AttestRefused{entry.grant.id, AttestRefusal::CannotSign});
  attest();
  EXPECT_EQ(records_of("attestation.accepted").size(), 2U);
  EXPECT_EQ(records_of("attestation.refused").size(), 1U);
  EXPECT_EQ(entry.attested, 3U);
}

}  // namespace
}  // namespace sallyport
