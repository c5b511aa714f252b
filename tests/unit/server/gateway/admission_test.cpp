#include "server/gateway/admission.hpp"

#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sallyport {
namespace {

class Admission : public testing::Test {
 protected:
  Admission() {
    config_.pool.v4 = IpPrefix::parse("10.99.0.0/24");
    const auto enrolled =
        store_.enroll({DeviceId{"laptop"}, UserId{"ana@example.com"}, device_.info.serial_hex, device_.info.not_after},
                      Replace::No, pki_.now());
    EXPECT_TRUE(enrolled);
  }
  PeerIdentity peer() const { return *verify_device(device_.info, *pki_.trust(), "example.com", pki_.now()); }
  std::optional<AdmissionRefusal> refusal(const PeerIdentity& peer) {
    return refusal_by_record(peer, store_, pki_.now());
  }

  const TestPki pki_;
  const TestIdentity device_ = pki_.device("laptop", "ana@example.com");
  const TemporaryDirectory directory_;
  Store store_ = std::move(*Store::open_or_create(directory_.file("gateway.db")));
  GatewayConfig config_;
};

TEST_F(Admission, LetsADeviceInByItsRecord) { EXPECT_EQ(refusal(peer()), std::nullopt); }

TEST_F(Admission, LetsNobodyInWhoMayOnlyRenew) {
  auto expired = peer();
  expired.standing = PeerStanding::RenewalOnly;
  EXPECT_EQ(refusal(expired), AdmissionRefusal::CertificateExpired);
  EXPECT_EQ(refusal(PeerIdentity{}), AdmissionRefusal::CertificateExpired) << "nobody";
}

TEST_F(Admission, LetsBothCertificatesInUntilTheNewerWasSeen) {
  const Renewal renewal{DeviceId{"laptop"}, UserId{"ana@example.com"}, device_.info.serial_hex, "0b",
                        device_.info.not_after};
  ASSERT_TRUE(store_.renew(renewal, pki_.now()));
  auto newer = peer();
  newer.serial_hex = "0b";
  EXPECT_EQ(refusal(peer()), std::nullopt);
  EXPECT_EQ(refusal(newer), std::nullopt);
  ASSERT_EQ(store_.confirm_renewal(DeviceId{"laptop"}, "0b", pki_.now()).value_or(""), device_.info.serial_hex);
  EXPECT_EQ(refusal(peer()), AdmissionRefusal::StaleCertificate);
  EXPECT_EQ(refusal(newer), std::nullopt);
}

TEST_F(Admission, LooksAtOwnerAndStateFirst) {
  auto other = peer();
  other.user = UserId{"bo@example.com"};
  EXPECT_EQ(refusal(other), AdmissionRefusal::WrongUser);
  ASSERT_TRUE(store_.set_state(DeviceId{"laptop"}, DeviceState::Disabled, pki_.now()));
  EXPECT_EQ(refusal(peer()), AdmissionRefusal::DeviceDisabled);
  ASSERT_TRUE(store_.set_state(DeviceId{"laptop"}, DeviceState::Revoked, pki_.now()));
  EXPECT_EQ(refusal(peer()), AdmissionRefusal::DeviceRevoked);
}

TEST_F(Admission, BeginsNothingInTheLastSecondOfACertificateOrItsAuthority) {
  const auto at = [this](const PeerIdentity& peer, WallTime now) { return refusal_by_record(peer, store_, now); };
  auto ending = peer();
  EXPECT_EQ(at(ending, ending.not_after - std::chrono::seconds{1}), std::nullopt);
  EXPECT_EQ(at(ending, ending.not_after), AdmissionRefusal::CertificateExpired);
  ending.issuer_ends = pki_.now();
  EXPECT_EQ(at(ending, pki_.now()), AdmissionRefusal::CertificateExpired);
}

TEST_F(Admission, RecordsAtFirstSightOnlyWhereTheAuthorityMayAndHasRoom) {
  AuthoritySettings corp;
  corp.rules.name = "corp";
  const auto look = [&](const std::string& device) {
    auto foreign = peer();
    foreign.authority = "corp";
    foreign.device = DeviceId{device};
    return is_first_sight(foreign, &corp, store_);
  };
  const auto add = [&](const std::string& device, bool is_first_sight) {
    return store_
        .add_foreign({DeviceId{device}, UserId{"ana@example.com"}, "corp", is_first_sight}, Replace::No, pki_.now())
        .has_value();
  };
  EXPECT_EQ(look("pc-1"), false) << "its word is not enough";
  corp.enrol_unknown = true;
  corp.enrol_unknown_limit = 2;
  EXPECT_EQ(look("pc-1"), true);
  EXPECT_EQ(look("laptop"), false) << "known, and ours";
  EXPECT_EQ(is_first_sight(peer(), nullptr, store_), false);
  ASSERT_TRUE(add("known-1", false) && add("known-2", false) && add("pc-1", true));
  EXPECT_EQ(look("pc-2"), true) << "what an administrator added takes no place";
  ASSERT_TRUE(add("pc-2", true));
  const auto refused = look("pc-3");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), AdmissionRefusal::TooManyUnknown);
  EXPECT_EQ(problem_for(refused.error()).reason, "too_many_unknown");
  EXPECT_EQ(look("pc-1"), false) << "who is in stays in";
  ASSERT_TRUE(store_.set_state(DeviceId{"pc-1"}, DeviceState::Revoked, pki_.now()));
  EXPECT_EQ(look("pc-3"), true);
  EXPECT_EQ(look("pc-1"), false) << "and a revoked one does not come back by this";
}

TEST_F(Admission, BindsADeviceToTheAuthorityThatItWasRegisteredFor) {
  auto foreign = peer();
  foreign.authority = "corp";
  EXPECT_EQ(refusal(foreign), AdmissionRefusal::OtherAuthority) << "ours is not theirs to name";
  ASSERT_TRUE(store_.add_foreign({DeviceId{"pc-1"}, UserId{"ana@example.com"}, "corp"}, Replace::No, pki_.now()));
  foreign.device = DeviceId{"pc-1"};
  EXPECT_EQ(refusal(foreign), std::nullopt);
  foreign.serial_hex = "0123";
  EXPECT_EQ(refusal(foreign), std::nullopt) << "whatever certificate its authority gave it";
  foreign.user = UserId{"bo@example.com"};
  EXPECT_EQ(refusal(foreign), AdmissionRefusal::WrongUser);
  foreign = peer();
  foreign.device = DeviceId{"pc-1"};
  EXPECT_EQ(refusal(foreign), AdmissionRefusal::OtherAuthority) << "and theirs is not ours";
  foreign.authority = "other";
  EXPECT_EQ(refusal(foreign), AdmissionRefusal::OtherAuthority);
}

TEST_F(Admission, LetsNoDeviceOfADisabledPersonIn) {
  ASSERT_TRUE(store_.disable_user(UserId{"ana@example.com"}, "left", pki_.now()));
  EXPECT_EQ(refusal(peer()), AdmissionRefusal::UserDisabled);
  ASSERT_TRUE(store_.enable_user(UserId{"ana@example.com"}));
  EXPECT_EQ(refusal(peer()), std::nullopt);
}

TEST(AdmissionRefusals, HaveNamesAndWordsOfTheirOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kAdmissionRefusals; ++i) {
    const auto refusal = static_cast<AdmissionRefusal>(i);
    EXPECT_TRUE(names.insert(name_of(refusal)).second) << name_of(refusal);
    EXPECT_EQ(problem_for(refusal).reason, name_of(refusal));
    EXPECT_GE(problem_for(refusal).status, 400U);
  }
}

}  // namespace
}  // namespace sallyport
