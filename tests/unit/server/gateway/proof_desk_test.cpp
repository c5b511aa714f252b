#include "server/gateway/proof_desk.hpp"

#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

constexpr std::string_view kSecret = "12345678901234567890";
const UserId kAna{"ana@example.com"};
constexpr WallTime kNow{std::chrono::seconds{1'800'000'000}};

class ProofDeskTest : public testing::Test {
 protected:
  ProofDeskTest() : store_{Store::open_or_create(directory_.file("gateway.db")).value()} {
    for (const auto* id : {"one", "two"}) {
      EXPECT_TRUE(store_.enroll({DeviceId{id}, kAna, serial_of(id), kNow + std::chrono::days{90}}, Replace::No, kNow));
    }
    const Bytes secret = as_bytes(kSecret);
    EXPECT_TRUE(store_.enroll_totp({kAna, {secret.begin(), secret.end()}, {}}, Replace::No, kNow));
  }
  static std::string serial_of(const std::string& id) { return id == "one" ? "0a01" : "0a02"; }
  static std::string code() { return hotp(as_bytes(kSecret), static_cast<std::uint64_t>(totp_step(kNow))).value(); }
  ProofOutcome offer(const std::string& id, const std::string& typed, bool may_accept = true) {
    return desk_.judge(store_, {kAna, DeviceId{id}, serial_of(id), "totp", kNow}, {"totp", typed}, kNow,
                       [may_accept] { return may_accept; });
  }
  std::optional<WallTime> proved(const std::string& id) {
    return store_.proof_of(DeviceId{id}, kAna, serial_of(id)).value();
  }

  TemporaryDirectory directory_;
  Store store_;
  ProofDesk desk_;
};

TEST_F(ProofDeskTest, OfTwoDevicesWithOneCodeTheFirstIsProvedAndTheSecondIsNot) {
  EXPECT_EQ(offer("one", code()).result, ProofResult::Accepted);
  EXPECT_EQ(offer("two", code()).result, ProofResult::WrongCode);
  EXPECT_EQ(proved("one"), kNow);
  EXPECT_EQ(proved("two"), std::nullopt) << "a proof belongs to its device";
}

TEST_F(ProofDeskTest, FailingOnOneDeviceHoldsUpNoOther) {
  for (int i = 0; i < 7; ++i) (void)offer("one", "000000");
  EXPECT_EQ(offer("one", code()).result, ProofResult::Wait);
  EXPECT_EQ(offer("two", code()).result, ProofResult::Accepted);
}

TEST_F(ProofDeskTest, WhatCannotBeRecordedDoesNotCountAndSpendsNoCode) {
  EXPECT_EQ(offer("one", code(), false).result, ProofResult::Unavailable);
  EXPECT_EQ(proved("one"), std::nullopt);
  EXPECT_EQ(offer("one", code()).result, ProofResult::Accepted);
}

TEST(ProofRecords, ADeviceFillsNoAuditFileWithCodesThatAreNotLookedAt) {
  DeviceBudgets budgets;
  const TimePoint now{std::chrono::hours{1}};
  int recorded = 0;
  for (int i = 0; i < 1000; ++i) recorded += is_to_be_recorded(ProofResult::Wait, budgets, now) ? 1 : 0;
  EXPECT_EQ(recorded, 100);
  EXPECT_FALSE(is_to_be_recorded(ProofResult::UnknownMethod, budgets, now));
  EXPECT_TRUE(is_to_be_recorded(ProofResult::WrongCode, budgets, now)) << "the delay bounds these";
  EXPECT_TRUE(is_to_be_recorded(ProofResult::Accepted, budgets, now));
}

TEST_F(ProofDeskTest, ADeviceThatIsCutOffProvesNothing) {
  ASSERT_TRUE(store_.set_state(DeviceId{"one"}, DeviceState::Disabled, kNow));
  EXPECT_EQ(offer("one", code()).result, ProofResult::Unavailable);
}

}  // namespace
}  // namespace sallyport
