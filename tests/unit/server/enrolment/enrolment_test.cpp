#include "server/enrolment/enrolment.hpp"

#include "common/pki/csr.hpp"
#include "common/pki/pem.hpp"
#include "server/enrolment/drill_identity.hpp"
#include "server/enrolment/token.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

class EnrolmentTest : public testing::Test {
 protected:
  using Outcome = Result<IssuedDevice, EnrolmentFailure>;

  std::string make(const std::string& user, const std::string& device = {}, Replace replace = Replace::No) {
    const auto token = make_token();
    const TokenGrant grant{UserId{user}, DeviceId{device}, replace, 1, now_ + std::chrono::hours{1}};
    EXPECT_TRUE(store_.create_token(token->id, token->hash, grant, now_));
    return token->text;
  }
  ByteBuffer csr(const std::string& name = "whatever") const {
    return from_pem("CERTIFICATE REQUEST", *make_csr(key_, name))->front();
  }
  Outcome enroll(const std::string& token, const std::string& user = {}) { return enroll(token, user, csr()); }
  Outcome enroll(const std::string& token, const std::string& user, const ByteBuffer& request) {
    return enroll_device(store_, terms_, EstCredentials{user, token}, request, before_, now_);
  }
  static EnrolmentRefusal refusal(const Outcome& outcome) {
    EXPECT_FALSE(outcome);
    return outcome ? EnrolmentRefusal::TooFast : outcome.error().refusal;
  }
  PeerIdentity peer_of(const IssuedDevice& issued) const {
    auto peer = verify_device(*CertificateInfo::parse(issued.der), *pki_.trust(), "example.com", now_);
    EXPECT_TRUE(peer);
    return *peer;
  }
  Outcome renew(const PeerIdentity& peer) { return renew_device(store_, terms_, peer, csr(), before_, now_); }

  const TestPki pki_;
  const WallTime now_ = pki_.now();
  const PrivateKey key_ = *PrivateKey::generate(KeyKind::P256);
  const TemporaryDirectory directory_;
  Store store_ = std::move(*Store::open_or_create(directory_.file("gateway.db")));
  EnrolmentTerms terms_{&pki_.authority(), std::chrono::days{90}};
  bool is_auditable_ = true;
  std::vector<IssuedDevice> announced_;
  BeforeIssue before_ = [this](const IssuedDevice& issued) {
    announced_.push_back(issued);
    return is_auditable_;
  };
};

TEST_F(EnrolmentTest, GivesTheHolderOfATokenACertificateOfItsPersonAndOfOurName) {
  const auto issued = enroll(make("ana.diaz@example.com"));
  ASSERT_TRUE(issued) << issued.error().words;
  const auto info = CertificateInfo::parse(issued->der);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->emails, std::vector<std::string>{"ana.diaz@example.com"});
  EXPECT_TRUE(issued->device.text().starts_with("ana-diaz-"));
  EXPECT_EQ(info->uris, std::vector<std::string>{"spiffe://example.com/device/" + issued->device.text()});
  EXPECT_EQ(info->key, key_.public_key());
  EXPECT_EQ(info->not_after, now_ + std::chrono::days{90});
  const auto record = *store_.device(issued->device);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->serial, info->serial_hex);
  EXPECT_EQ(announced_.size(), 1U);
}

TEST_F(EnrolmentTest, DoesNotLookAtWhoTheRequestSaysItIs) {
  const auto issued = enroll(make("ana@example.com", "ana-laptop"), {}, csr("boss-laptop"));
  ASSERT_TRUE(issued);
  EXPECT_EQ(issued->device, DeviceId{"ana-laptop"});
  const auto info = *CertificateInfo::parse(issued->der);
  EXPECT_EQ(info.subject, "CN=ana-laptop");
}

TEST_F(EnrolmentTest, UsesATokenOnce) {
  const auto token = make("ana@example.com");
  EXPECT_TRUE(enroll(token));
  EXPECT_EQ(refusal(enroll(token)), EnrolmentRefusal::TokenUsedUp);
  EXPECT_EQ(store_.devices()->size(), 1U);
}

TEST_F(EnrolmentTest, TellsEveryBadTokenTheSame) {
  const auto good = make("ana@example.com");
  const auto spent = make("ana@example.com");
  EXPECT_TRUE(enroll(spent));
  const auto none = enroll_device(store_, terms_, std::nullopt, csr(), before_, now_);
  EXPECT_EQ(refusal(none), EnrolmentRefusal::NoToken);
  EXPECT_EQ(refusal(enroll("spt_nothing")), EnrolmentRefusal::UnknownToken);
  EXPECT_EQ(refusal(enroll(good, "bo@example.com")), EnrolmentRefusal::TokenOfAnother);
  for (const auto bad :
       {EnrolmentRefusal::NoToken, EnrolmentRefusal::UnknownToken, EnrolmentRefusal::TokenExpired,
        EnrolmentRefusal::TokenUsedUp, EnrolmentRefusal::TokenRevoked, EnrolmentRefusal::TokenOfAnother}) {
    EXPECT_EQ(problem_for(bad), problem_for(EnrolmentRefusal::UnknownToken)) << name_of(bad);
    EXPECT_EQ(problem_for(bad).status, 401U);
  }
  EXPECT_TRUE(enroll(good, "Ana@Example.com")) << "the person's own name does no harm";
}

TEST_F(EnrolmentTest, KeepsATokenWhoseHolderSentNonsense) {
  const auto token = make("ana@example.com");
  EXPECT_EQ(refusal(enroll(token, {}, ByteBuffer(20))), EnrolmentRefusal::BadRequest);
  auto forged = csr();
  forged.back() ^= std::byte{1};
  EXPECT_EQ(refusal(enroll(token, {}, forged)), EnrolmentRefusal::BadRequest);
  EXPECT_TRUE(announced_.empty());
  EXPECT_TRUE(enroll(token));
}

TEST_F(EnrolmentTest, RecordsNothingThatCannotBeAudited) {
  const auto token = make("ana@example.com");
  is_auditable_ = false;
  EXPECT_EQ(refusal(enroll(token)), EnrolmentRefusal::AuditUnavailable);
  EXPECT_TRUE(store_.devices()->empty());
  is_auditable_ = true;
  EXPECT_TRUE(enroll(token));
}

TEST_F(EnrolmentTest, ReplacesADeviceOnlyByATokenThatSaysSo) {
  const auto first = enroll(make("ana@example.com", "ana-laptop"));
  ASSERT_TRUE(first);
  EXPECT_EQ(refusal(enroll(make("ana@example.com", "ana-laptop"))), EnrolmentRefusal::DeviceExists);
  const auto second = enroll(make("ana@example.com", "ana-laptop", Replace::Yes));
  ASSERT_TRUE(second);
  EXPECT_EQ(refusal(renew(peer_of(*first))), EnrolmentRefusal::StaleCertificate);
}

TEST_F(EnrolmentTest, RenewsTheSameDeviceForTheSamePerson) {
  const auto first = enroll(make("ana@example.com"));
  ASSERT_TRUE(first);
  const auto next = renew(peer_of(*first));
  ASSERT_TRUE(next) << next.error().words;
  EXPECT_EQ(next->device, first->device);
  EXPECT_EQ(next->user, first->user);
  EXPECT_NE(next->serial, first->serial);
  EXPECT_TRUE((*store_.device(first->device))->accepts(first->serial)) << "until the new one was seen";
}

TEST_F(EnrolmentTest, RenewsNobodyWhoIsCutOff) {
  const auto first = enroll(make("ana@example.com"));
  ASSERT_TRUE(first);
  const auto peer = peer_of(*first);
  ASSERT_TRUE(store_.set_state(first->device, DeviceState::Disabled, now_));
  EXPECT_EQ(refusal(renew(peer)), EnrolmentRefusal::DeviceDisabled);
  ASSERT_TRUE(store_.set_state(first->device, DeviceState::Revoked, now_));
  EXPECT_EQ(refusal(renew(peer)), EnrolmentRefusal::DeviceRevoked);
  auto stranger = peer;
  stranger.device = DeviceId{"nobody"};
  EXPECT_EQ(refusal(renew(stranger)), EnrolmentRefusal::UnknownDevice);
}

TEST_F(EnrolmentTest, GivesADisabledPersonNothing) {
  const auto first = enroll(make("ana@example.com"));
  ASSERT_TRUE(first);
  const auto waiting = make("ana@example.com");
  const UserId ana{"ana@example.com"};
  announced_.clear();
  ASSERT_TRUE(store_.disable_user(ana, "left", now_));
  EXPECT_EQ(refusal(enroll(waiting)), EnrolmentRefusal::UserDisabled);
  EXPECT_EQ(refusal(renew(peer_of(*first))), EnrolmentRefusal::UserDisabled);
  EXPECT_TRUE(announced_.empty()) << "nothing was issued";
  ASSERT_TRUE(store_.enable_user(ana));
  EXPECT_TRUE(enroll(waiting)) << "the token was not used up by it";
  EXPECT_TRUE(renew(peer_of(*first)));
}

TEST_F(EnrolmentTest, NeitherEnrolsNorRenewsADrillsDevice) {
  EXPECT_EQ(refusal(enroll(make(std::string{kDrillUser}))), EnrolmentRefusal::UnknownDevice);
  EXPECT_TRUE(announced_.empty());
  const auto first = enroll(make("ana@example.com"));
  ASSERT_TRUE(first);
  auto peer = peer_of(*first);
  peer.user = UserId{std::string{kDrillUser}};
  EXPECT_EQ(refusal(renew(peer)), EnrolmentRefusal::UnknownDevice);
}

TEST(EnrolmentRefusals, HaveNamesAndStatusesOfErrors) {
  for (std::size_t i = 0; i < kEnrolmentRefusals; ++i) {
    const auto refusal = static_cast<EnrolmentRefusal>(i);
    EXPECT_FALSE(name_of(refusal).empty());
    EXPECT_GE(problem_for(refusal).status, 400U) << name_of(refusal);
    EXPECT_FALSE(problem_for(refusal).detail.empty());
  }
}

}  // namespace
}  // namespace sallyport
