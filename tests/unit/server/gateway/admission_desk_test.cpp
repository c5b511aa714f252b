#include "server/gateway/admission_desk.hpp"

#include "server/enrolment/drill_identity.hpp"
#include "tests/support/tls_pair.hpp"
#include "tests/unit/server/gateway/control_fixture.hpp"

#include <sys/socket.h>

#include <array>

namespace sallyport {
namespace {

/// A gateway for two devices, with laptops at its door.
class AdmissionDeskTest : public ControlRoom {
 protected:
  /// The device has shown its certificate, which is on record.
  VerifiedConnection come(const std::string& device, const std::string& source = "192.0.2.7") {
    const auto identity = pki_.device(device, "ana@example.com");
    EXPECT_TRUE(
        store_.enroll({DeviceId{device}, UserId{"ana@example.com"}, identity.info.serial_hex, identity.info.not_after},
                      Replace::Yes, now_.wall));
    return shake(identity, source);
  }
  VerifiedConnection shake(const TestIdentity& identity, const std::string& source = "192.0.2.7") {
    TlsPair pair{*snapshot_.trust.context, pki_.client(identity)};
    pair.shake();
    EXPECT_TRUE(pair.is_established());
    std::array<int, 2> ends{-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    laptops_.emplace_back(ends[0]);
    VerifiedConnection verified;
    verified.socket = FileDescriptor{ends[1]};
    verified.engine = std::move(pair.server);
    verified.source = *IpAddress::parse(source);
    verified.trust_generation = snapshot_.trust_generation;
    return verified;
  }
  void admit(VerifiedConnection connection) { desk_.take(connection); }
  /// What the worker is to tell the laptop that came last; empty: it has a session.
  [[nodiscard]] std::string refusal() const {
    const auto& problem = workers_.adopted.back().refusal;
    return problem ? problem->reason : std::string{};
  }

  std::vector<FileDescriptor> laptops_;
  LeaseKeeper leases_{books_};
  DeviceDesk devices_{books_};
  DrillKeeper drills_{books_, orders_};
  SessionDesk sessions_{books_, orders_, counts_, tally_};
  RightsShelf shelf_;
  int given_back_ = 0;
  AdmissionDesk desk_{books_,
                      {leases_, devices_, drills_, sessions_, orders_, shelf_, counts_, tally_},
                      [this](const IpAddress&, CountedAs) { ++given_back_; }};
};

TEST_F(AdmissionDeskTest, OfAKnownDeviceGivesItASessionWithAddressRightsAndRecord) {
  admit(come("ana-laptop"));
  ASSERT_EQ(workers_.adopted.size(), 1U);
  EXPECT_EQ(refusal(), "");
  const auto& adopted = workers_.adopted.front();
  EXPECT_TRUE(adopted.grant.addresses.v4);
  EXPECT_NE(adopted.grant.binding, nullptr) << "it can be asked to attest";
  EXPECT_NE(adopted.ready, nullptr);
  EXPECT_TRUE(registry_.has(DeviceId{"ana-laptop"}));
  EXPECT_EQ(records_of("session.open").size(), 1U);
  EXPECT_EQ(counts_.opened, 1U);
  EXPECT_EQ(given_back_, 1);
  EXPECT_EQ(desk_.served().taken(), 1U);
}

TEST_F(AdmissionDeskTest, OfADeviceThatNobodyKnowsIsRefusedWithACodeThatIsOnRecord) {
  admit(shake(pki_.device("stranger", "ana@example.com")));
  EXPECT_EQ(refusal(), "unknown_device");
  const auto records = records_of("session.refused");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records.front()["reason"], "unknown_device");
  EXPECT_EQ(records.front()["reference"], workers_.adopted.back().refusal->code);
  EXPECT_EQ(registry_.size(), 0U);
  EXPECT_EQ(given_back_, 0);
  EXPECT_EQ(desk_.served().taken(), 0U);
  EXPECT_EQ(desk_.refused().taken(), 1U);
}

TEST_F(AdmissionDeskTest, OfOneDeviceMoreThanThereMayBeIsRefused) {
  admit(come("ana-laptop"));
  admit(come("bo-laptop"));
  admit(come("cy-laptop"));
  EXPECT_EQ(refusal(), "too_many_sessions");
  EXPECT_EQ(given_back_, 3) << "that there is no room is no fault of its";
}

TEST_F(AdmissionDeskTest, OfWhoWasVerifiedAgainstEarlierTrustEndsWithoutWords) {
  auto connection = come("ana-laptop");
  ++snapshot_.trust_generation;
  admit(std::move(connection));
  EXPECT_TRUE(workers_.adopted.empty());
  ASSERT_EQ(records_of("handshake.refused").size(), 1U);
  EXPECT_EQ(records_of("handshake.refused").front()["reason"], "trust_changed");
  EXPECT_EQ(records_of("handshake.refused").front()["user"], "ana@example.com");
}

TEST_F(AdmissionDeskTest, AtAGatewayThatStopsIsTurnedAwayAndOnRecord) {
  desk_.close();
  admit(come("ana-laptop"));
  EXPECT_TRUE(workers_.adopted.empty());
  ASSERT_EQ(records_of("handshake.refused").size(), 1U);
  EXPECT_EQ(records_of("handshake.refused").front()["reason"], "gateway_shutdown");
}

TEST_F(AdmissionDeskTest, ThatNoWorkerCanTakeUpEndsTheSessionOnRecord) {
  workers_.keeps_up = false;
  admit(come("ana-laptop"));
  EXPECT_EQ(registry_.size(), 0U);
  ASSERT_EQ(records_of("session.close").size(), 1U);
  EXPECT_EQ(records_of("session.close").front()["reason"], name_of(EndReason::TransportFailed));
}

TEST_F(AdmissionDeskTest, OfADeviceThatComesFromElsewhereIsRefusedWhereThatIsTheRule) {
  snapshot_.config.sessions.source_change = SourceChange::Refuse;
  admit(come("ana-laptop"));
  registry_.find(workers_.adopted.back().grant.id)->started = true;
  admit(come("ana-laptop", "198.51.100.9"));
  EXPECT_EQ(refusal(), "source_changed");
  EXPECT_EQ(counts_.source_changed, 1U);
}

TEST_F(AdmissionDeskTest, OfADrillsDeviceIsForTheTimeOfTheDrill) {
  const auto identity = pki_.device("drill-1", std::string{kDrillUser});
  ASSERT_TRUE(store_.enroll(
      {DeviceId{"drill-1"}, UserId{std::string{kDrillUser}}, identity.info.serial_hex, identity.info.not_after},
      Replace::Yes, now_.wall));
  admit(shake(identity));
  EXPECT_EQ(refusal(), "no_drill");
  ASSERT_TRUE(drills_.begin(DeviceId{"drill-1"}, 4000, "root"));
  admit(shake(identity));
  EXPECT_EQ(refusal(), "");
  EXPECT_NE(workers_.adopted.back().grant.own_policy, nullptr);
}

TEST_F(AdmissionDeskTest, TakesNumbersThatNoEarlierProcessHasUsed) {
  ASSERT_TRUE(desk_.reserve_session_numbers());
  const auto first = registry_.next_id();
  ASSERT_TRUE(desk_.reserve_session_numbers());
  EXPECT_GT(registry_.next_id(), first);
}

}  // namespace
}  // namespace sallyport
