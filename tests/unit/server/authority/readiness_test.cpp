#include "server/authority/readiness.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

const std::string kOld(64, 'a');
const std::string kNext(64, 'b');
constexpr WallTime kNow{std::chrono::seconds{1'800'000'000}};

DeviceRecord device() {
  return {.id = DeviceId{"ana"},
          .user = UserId{"ana@example.com"},
          .state = DeviceState::Active,
          .serial = "0b",
          .not_after = kNow + std::chrono::days{30},
          .enrolled_at = kNow,
          .revoked_at = {}};
}
const HeldAuthorities kBoth{{kOld, kNext}, {}, kNow};
const HeldAuthorities kOne{{kOld}, {}, kNow};

Readiness judge(const DeviceRecord& record, const std::optional<HeldAuthorities>& held, const std::string& issuer,
                std::chrono::seconds grace = {}) {
  return readiness_of(record, held, issuer, kNext, grace, kNow);
}

TEST(Readiness, IsThereOnceADeviceHasEverythingOfTheNewAuthority) {
  EXPECT_EQ(judge(device(), kBoth, kNext), Readiness::Ready);
  EXPECT_FALSE(is_stranded(Readiness::Ready));
}

TEST(Readiness, LacksTheAuthorityUntilTheDeviceSaysThatItHasIt) {
  EXPECT_EQ(judge(device(), std::nullopt, kNext), Readiness::HasNotTheAuthority);
  EXPECT_EQ(judge(device(), kOne, kNext), Readiness::HasNotTheAuthority);
  EXPECT_TRUE(is_stranded(Readiness::HasNotTheAuthority));
}

TEST(Readiness, LacksTheCertificateWhoeverSignedTheOneThatIsThere) {
  EXPECT_EQ(judge(device(), kBoth, kOld), Readiness::OldCertificate);
  EXPECT_EQ(judge(device(), kBoth, ""), Readiness::OldCertificate) << "not on record";
  EXPECT_TRUE(is_stranded(Readiness::OldCertificate));
}

TEST(Readiness, LacksTheFirstConnectionWhileTheAnswerMayHaveBeenLost) {
  auto record = device();
  record.previous_serial = "0a";
  EXPECT_EQ(judge(record, kBoth, kNext), Readiness::NotSeenWithTheNew);
  EXPECT_TRUE(is_stranded(Readiness::NotSeenWithTheNew));
}

TEST(Readiness, CountsNobodyWhomNothingCanHelp) {
  auto record = device();
  record.not_after = kNow - std::chrono::hours{1};
  EXPECT_EQ(judge(record, std::nullopt, ""), Readiness::Expired);
  EXPECT_EQ(judge(record, std::nullopt, "", std::chrono::days{1}), Readiness::HasNotTheAuthority)
      << "it could still renew";
  record = device();
  record.state = DeviceState::Disabled;
  EXPECT_EQ(judge(record, std::nullopt, ""), Readiness::NotActive);
  EXPECT_FALSE(is_stranded(Readiness::Expired));
  EXPECT_FALSE(is_stranded(Readiness::NotActive));
}

TEST(Readiness, AsksOfForeignDevicesThatTheyKnowTheGateway) {
  auto record = device();
  record.authority = "corp";
  EXPECT_EQ(judge(record, kOne, ""), Readiness::HasNotTheAuthority);
  EXPECT_EQ(judge(record, kBoth, ""), Readiness::Ready) << "its certificate is not ours";
}

TEST(Readiness, CountsNobodyWhosePersonIsDisabled) {
  auto record = device();
  record.user_disabled = true;
  EXPECT_EQ(judge(record, std::nullopt, ""), Readiness::NotActive);
}

TEST(Readiness, IsNotThereWhereNothingIsToCome) {
  EXPECT_EQ(readiness_of(device(), HeldAuthorities{{""}, {}, kNow}, "", "", {}, kNow), Readiness::HasNotTheAuthority);
}

}  // namespace
}  // namespace sallyport
