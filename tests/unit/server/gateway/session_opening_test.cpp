#include "server/gateway/session_opening.hpp"

#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

/// Whether a device may open a session, at a gateway for two devices.
class SessionOpening : public testing::Test {
 protected:
  SessionOpening() {
    registry_.give_numbers(1, 100);
    config_.pool.v4 = IpPrefix::parse("10.99.0.0/28");
    config_.limits.sessions = 2;
  }
  /// Nullopt: it was let in.
  std::optional<AdmissionRefusal> open(const std::string& device, const std::string& serial = {}) {
    PeerIdentity peer;
    peer.device = DeviceId{device};
    peer.user = UserId{"ana@example.com"};
    peer.serial_hex = serial.empty() ? device : serial;
    peer.issuer = trust_->id_of(trust_->authorities().front());
    peer.not_after = peer.issuer_ends = pki_.now() + std::chrono::days{9};
    peer.standing = PeerStanding::Good;
    if (const auto known = store_.device(peer.device); known && !*known) {
      EXPECT_TRUE(store_.enroll({peer.device, peer.user, peer.serial_hex, peer.not_after}, Replace::No, pki_.now()));
    }
    SessionGrant grant;
    grant.id = registry_.next_id();
    grant.device = peer.device;
    grant.user = peer.user;
    const OpeningRecords records{.obstacle = [](const auto&) { return std::optional<AdmissionRefusal>{}; },
                                 .asked = [this](const auto&) { return asked_++ < may_ask_; },
                                 .leased = [](const auto&, const auto&) {},
                                 .placed = [](const auto&) { return true; },
                                 .opened = [](const auto&) { return true; },
                                 .makes_room = [](const auto&, const auto&) {},
                                 .replaced = [](const auto&, const auto&) {},
                                 .unread = [](const auto&, const auto&) {}};
    const auto opened =
        open_session(grant, peer, OpeningBooks{store_, registry_, *trust_, config_}, records, pki_.now());
    if (!opened) return opened.error();
    SessionRegistry::Entry entry;
    entry.grant = *opened;
    registry_.add(std::move(entry));
    return std::nullopt;
  }

  const TestPki pki_;
  const std::shared_ptr<const TrustBundle> trust_ = pki_.trust();
  const TemporaryDirectory directory_;
  Store store_ = std::move(*Store::open_or_create(directory_.file("gateway.db")));
  SessionRegistry registry_;
  GatewayConfig config_;
  int asked_ = 0;
  int may_ask_ = 100;
};

TEST_F(SessionOpening, RefusesOneDeviceMoreThanThereMayBe) {
  EXPECT_EQ(open("ana-laptop"), std::nullopt);
  EXPECT_EQ(open("bo-laptop"), std::nullopt);
  EXPECT_EQ(open("cy-laptop"), AdmissionRefusal::TooManySessions);
}

TEST_F(SessionOpening, KeepsNobodyOutBecauseAnotherDeviceChangesItsSession) {
  EXPECT_EQ(open("ana-laptop"), std::nullopt);
  EXPECT_EQ(open("ana-laptop"), std::nullopt);
  EXPECT_EQ(registry_.size(), 2U);
  EXPECT_EQ(registry_.devices(), 1U);
  EXPECT_EQ(open("bo-laptop"), std::nullopt);
}

TEST_F(SessionOpening, LetsEveryDeviceOfAFullGatewayChangeItsSession) {
  EXPECT_EQ(open("ana-laptop"), std::nullopt);
  EXPECT_EQ(open("bo-laptop"), std::nullopt);
  EXPECT_EQ(open("ana-laptop"), std::nullopt);
  EXPECT_EQ(open("bo-laptop"), std::nullopt);
  EXPECT_EQ(open("cy-laptop"), AdmissionRefusal::TooManySessions);
}

TEST_F(SessionOpening, RefusesADeviceThatHasAskedTooOften) {
  may_ask_ = 1;
  EXPECT_EQ(open("ana-laptop"), std::nullopt);
  EXPECT_EQ(open("ana-laptop"), AdmissionRefusal::TooOften);
}

TEST_F(SessionOpening, AsksHowOftenOfWhoFindsNoRoomToo) {
  EXPECT_EQ(open("ana-laptop"), std::nullopt);
  EXPECT_EQ(open("bo-laptop"), std::nullopt);
  asked_ = 0;
  may_ask_ = 2;
  EXPECT_EQ(open("cy-laptop"), AdmissionRefusal::TooManySessions);
  EXPECT_EQ(asked_, 1) << "by that its source gets back what it paid";
}

TEST_F(SessionOpening, AsksNothingOfWhomItsRecordKeepsOutOfAFullGateway) {
  EXPECT_EQ(open("ana-laptop"), std::nullopt);
  EXPECT_EQ(open("bo-laptop"), std::nullopt);
  EXPECT_EQ(open("cy-laptop", "02"), AdmissionRefusal::TooManySessions);
  asked_ = 0;
  ASSERT_TRUE(store_.enroll({DeviceId{"cy-laptop"}, UserId{"ana@example.com"}, "03", pki_.now() + std::chrono::days{9}},
                            Replace::Yes, pki_.now()));
  EXPECT_EQ(open("cy-laptop", "02"), AdmissionRefusal::TooManySessions);
  EXPECT_EQ(asked_, 0);
}

TEST_F(SessionOpening, LetsNobodyWithAnOlderCertificateOfADeviceUseUpHowOftenItMayAsk) {
  may_ask_ = 2;
  EXPECT_EQ(open("ana-laptop", "02"), std::nullopt);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(open("ana-laptop", "01"), AdmissionRefusal::StaleCertificate);
  EXPECT_EQ(open("ana-laptop", "02"), std::nullopt) << "its owner connects again";
}

}  // namespace
}  // namespace sallyport
