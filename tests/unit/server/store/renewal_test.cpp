#include "tests/unit/server/store/store_fixture.hpp"

#include <algorithm>

namespace sallyport {
namespace {

class RenewalStore : public StoreTest {
 protected:
  RenewalStore() { enroll("ana", "0a"); }

  StoreProblem renew(const std::string& presented, const std::string& serial) {
    const auto done = store().renew(renewal_of("ana", presented, serial), at_second(10));
    return done ? StoreProblem::Cancelled : done.error().problem;
  }
  DeviceRecord ana() { return **store().device(DeviceId{"ana"}); }
  bool is_revoked(const std::string& serial) {
    const auto revoked = *store().revoked_serials(at_second(10));
    return std::any_of(revoked.begin(), revoked.end(), [&](const auto& each) { return each.serial == serial; });
  }
  std::string confirm(const std::string& serial) {
    return store().confirm_renewal(DeviceId{"ana"}, serial, at_second(20)).value_or("failed");
  }
  static constexpr auto kDone = StoreProblem::Cancelled;
};

TEST_F(RenewalStore, KeepsTheOldCertificateGoodUntilTheNewOneConnects) {
  EXPECT_EQ(renew("0a", "0b"), kDone);
  EXPECT_TRUE(ana().accepts("0a"));
  EXPECT_TRUE(ana().accepts("0b"));
  EXPECT_FALSE(is_revoked("0a"));
  EXPECT_EQ(ana().not_after, at_second(180 * 86400));
  EXPECT_EQ(confirm("0a"), "") << "the old one shows nothing";
  EXPECT_EQ(confirm("0b"), "0a");
  EXPECT_FALSE(ana().accepts("0a"));
  EXPECT_TRUE(is_revoked("0a"));
  EXPECT_EQ(confirm("0b"), "") << "nothing is left to do";
}

TEST_F(RenewalStore, LetsALaptopAskAgainWhoseAnswerWasLost) {
  EXPECT_EQ(renew("0a", "0b"), kDone);
  EXPECT_EQ(renew("0a", "0c"), kDone);
  EXPECT_TRUE(ana().accepts("0a"));
  EXPECT_TRUE(ana().accepts("0c"));
  EXPECT_FALSE(ana().accepts("0b"));
  EXPECT_TRUE(is_revoked("0b")) << "nobody has it, so nobody may use it";
}

TEST_F(RenewalStore, IsDoneWithTheOldestWhenTheNewestAsks) {
  EXPECT_EQ(renew("0a", "0b"), kDone);
  EXPECT_EQ(renew("0b", "0c"), kDone);
  EXPECT_FALSE(ana().accepts("0a"));
  EXPECT_TRUE(is_revoked("0a"));
  EXPECT_TRUE(ana().accepts("0b"));
  EXPECT_TRUE(ana().accepts("0c"));
}

TEST_F(RenewalStore, RefusesWhoeverIsNotTheDeviceAsItIsNow) {
  EXPECT_EQ(renew("0f", "0b"), StoreProblem::StaleCertificate);
  EXPECT_EQ(renew("", "0b"), StoreProblem::StaleCertificate);
  auto other = renewal_of("ana", "0a", "0b");
  other.user = UserId{"bo@example.com"};
  EXPECT_EQ(store().renew(other, at_second(1)).error().problem, StoreProblem::Conflict);
  EXPECT_EQ(store().renew(renewal_of("nobody", "0a", "0b"), at_second(1)).error().problem, StoreProblem::UnknownDevice);
  set_state("ana", DeviceState::Disabled);
  EXPECT_EQ(renew("0a", "0b"), StoreProblem::NotActive);
  set_state("ana", DeviceState::Revoked);
  EXPECT_EQ(renew("0a", "0b"), StoreProblem::Revoked);
  EXPECT_EQ(store().certificates()->size(), 1U);
}

TEST_F(RenewalStore, ForgetsThePreviousCertificateWithTheDevice) {
  EXPECT_EQ(renew("0a", "0b"), kDone);
  set_state("ana", DeviceState::Revoked);
  EXPECT_TRUE(is_revoked("0a"));
  EXPECT_TRUE(is_revoked("0b"));
  enroll("ana", "0c");
  EXPECT_EQ(ana().previous_serial, "");
  EXPECT_FALSE(ana().accepts("0a"));
  EXPECT_EQ(renew("0c", "0d"), kDone);
  enroll("ana", "0e", Replace::Yes);
  EXPECT_FALSE(ana().accepts("0c"));
  EXPECT_FALSE(ana().accepts("0d"));
  EXPECT_TRUE(is_revoked("0c"));
}

}  // namespace
}  // namespace sallyport
