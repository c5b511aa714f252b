#include "server/gateway/session_sweep.hpp"

#include "common/pki/succession.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace sallyport {
namespace {

using Ids = std::vector<SessionId>;

class SessionSweep : public testing::Test {
 protected:
  SessionSweep() {
    registry_.give_numbers(1, 100);
    enroll("ana-laptop", "0a");
    enroll("bo-laptop", "0b");
  }
  void enroll(const char* device, const char* serial) {
    EXPECT_TRUE(store_.enroll({DeviceId{device}, UserId{"ana@example.com"}, serial, pki_.now() + std::chrono::days{9}},
                              Replace::Yes, pki_.now()));
  }
  SessionId open(const char* device, const char* serial) {
    SessionRegistry::Entry entry;
    entry.grant.id = registry_.next_id();
    entry.grant.device = DeviceId{device};
    entry.grant.user = UserId{"ana@example.com"};
    entry.grant.serial = serial;
    entry.grant.issuer = issuer_;
    (void)registry_.add(entry);
    return entry.grant.id;
  }
  auto sweep(const std::vector<std::string>& revoked = {}, bool anchors_changed = false) {
    return no_longer_trusted(registry_, store_, *pki_.trust(pki_.crl(revoked)),
                             [anchors_changed](const SessionRegistry::Entry&) { return anchors_changed; });
  }

  const TestPki pki_;
  const std::shared_ptr<const TrustBundle> trust_ = pki_.trust();
  const std::string issuer_ = trust_->id_of(trust_->authorities().front());
  const TemporaryDirectory directory_;
  Store store_ = std::move(*Store::open_or_create(directory_.file("gateway.db")));
  SessionRegistry registry_;
};

TEST_F(SessionSweep, LeavesThoseAloneWhoWouldBeAdmittedNow) {
  (void)open("ana-laptop", "0a");
  EXPECT_TRUE(sweep().empty());
}

TEST_F(SessionSweep, AnAuthorityThatMovedAmongTheForeignOnesIsLostToSessionsOfOurs) {
  const TestPki corp{pki_.now(), "corp.example", "Corp Authority"};
  TrustSources sources{pki_.authority().certificate_pem(), pki_.crl(), true, {}};
  ForeignAuthority& foreign = sources.foreign.emplace_back();
  foreign.rules.name = "corp";
  foreign.certificates_pem = corp.authority().certificate_pem();
  foreign.lists.push_back({"corp.crl", corp.crl()});
  const auto trust = TrustBundle::load(sources, pki_.now());
  ASSERT_TRUE(trust) << trust.error().words;
  const auto has_lost = has_lost_its_authority(**trust);
  const auto entry = [](const TestPki& by, const std::string& authority) {
    SessionRegistry::Entry session;
    session.issuer = fingerprint_of(by.authority().certificate().der);
    session.grant.authority = authority;
    return session;
  };
  EXPECT_FALSE(has_lost(entry(pki_, "")));
  EXPECT_FALSE(has_lost(entry(corp, "corp")));
  EXPECT_TRUE(has_lost(entry(corp, ""))) << "it was admitted as ours, by the names that ours may give";
  EXPECT_TRUE(has_lost(entry(pki_, "corp")));
  EXPECT_TRUE(has_lost(SessionRegistry::Entry{}));
}

TEST_F(SessionSweep, FindsTheRevokedByListByRecordAndByCertificateAndTheDisabled) {
  const auto listed = open("ana-laptop", "0a");
  const auto stale = open("ana-laptop", "09");
  const auto disabled = open("bo-laptop", "0b");
  const auto unknown = open("cy-laptop", "0c");
  ASSERT_TRUE(store_.set_state(DeviceId{"bo-laptop"}, DeviceState::Disabled, pki_.now()));
  const auto leaving = sweep({"0a"});
  std::map<std::pair<EndReason, std::optional<CutCause>>, std::set<SessionId>> by_reason;
  for (const auto& each : leaving)
    by_reason[{each.reason, each.cause}].insert(each.sessions.begin(), each.sessions.end());
  ASSERT_EQ(by_reason.size(), 3U);
  EXPECT_EQ((by_reason[{EndReason::DeviceRevoked, CutCause::Crl}]), (std::set{listed}));
  EXPECT_EQ((by_reason[{EndReason::DeviceRevoked, CutCause::Revoke}]), (std::set{stale, unknown}));
  EXPECT_EQ((by_reason[{EndReason::DeviceDisabled, CutCause::Disable}]), (std::set{disabled}));
}

TEST_F(SessionSweep, FindsTheSameAmongManySessions) {
  registry_.give_numbers(1000, 1000);
  for (int i = 0; i < 500; ++i) (void)open("ana-laptop", "0a");
  const auto disabled = open("bo-laptop", "0b");
  const auto unknown = open("cy-laptop", "0c");
  ASSERT_TRUE(store_.set_state(DeviceId{"bo-laptop"}, DeviceState::Disabled, pki_.now()));
  Ids leaving;
  for (const auto& each : sweep()) leaving.insert(leaving.end(), each.sessions.begin(), each.sessions.end());
  std::sort(leaving.begin(), leaving.end());
  EXPECT_EQ(leaving, (Ids{disabled, unknown}));
}

TEST_F(SessionSweep, FindsEverybodyWhenTheAuthorityIsAnotherOne) {
  const auto session = open("ana-laptop", "0a");
  const auto leaving = sweep({}, true);
  ASSERT_EQ(leaving.size(), 1U);
  EXPECT_EQ(leaving[0].reason, EndReason::TrustChanged);
  EXPECT_EQ(leaving[0].sessions, (Ids{session}));
}

TEST_F(SessionSweep, SharesAProofWithTheSessionsWhoseCertificatesCount) {
  ASSERT_TRUE(store_.renew(
      {DeviceId{"ana-laptop"}, UserId{"ana@example.com"}, "0a", "1a", pki_.now() + std::chrono::days{9}}, pki_.now()));
  (void)open("ana-laptop", "09");
  const auto previous = open("ana-laptop", "0a");
  const auto newest = open("ana-laptop", "1a");
  (void)open("bo-laptop", "0b");
  EXPECT_EQ(sessions_sharing_proof(registry_, store_, registry_.find(newest)->grant), Ids{previous});
  EXPECT_EQ(sessions_by_stale_certificates(registry_, store_, DeviceId{"ana-laptop"}).size(), 1U);
}

}  // namespace
}  // namespace sallyport
