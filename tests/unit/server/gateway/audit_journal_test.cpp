#include "tests/unit/server/gateway/control_fixture.hpp"

namespace sallyport {
namespace {

class Journal : public ControlRoom {
 protected:
  bool may_tell_refusal(const std::string& device = {}) {
    AuditRecord audit;
    audit.event = "session.refused";
    audit.reason = "too_often";
    return journal_.may_tell_refusal(audit, DeviceId{device});
  }
};

TEST_F(Journal, SaysByWhichPolicyEverythingHappened) {
  AuditRecord audit;
  audit.event = "gateway.start";
  EXPECT_TRUE(journal_.record(std::move(audit)));
  ASSERT_EQ(records_of("gateway.start").size(), 1U);
  EXPECT_EQ(records_of("gateway.start").front()["policy"], snapshot_.policy.policy->hash());
}

TEST_F(Journal, SaysOfASessionWhoItIsAndHowOldWhatIsKnownOfItIs) {
  auto& entry = connect();
  entry.evidence.user_proved = now_.wall - std::chrono::minutes{5};
  const auto audit = journal_.record_of("session.close", entry.grant);
  EXPECT_EQ(audit.user, "ana@example.com");
  EXPECT_EQ(audit.device, "ana-laptop");
  EXPECT_EQ(audit.source, "192.0.2.7");
  ASSERT_TRUE(audit.evidence);
  EXPECT_EQ(audit.evidence->proof_age, std::chrono::minutes{5}) << "what its worker told last, not what it began with";
}

TEST_F(Journal, NamesThePersonOfADeviceThatIsOnRecord) {
  enroll();
  EXPECT_TRUE(journal_.note_device(DeviceId{"ana-laptop"}, "device.disabled", "root"));
  const auto records = records_of("device.disabled");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records.front()["user"], "ana@example.com");
  EXPECT_EQ(records.front()["by"], "root");
}

TEST_F(Journal, KeepsTheRationOfAKnownDeviceApartFromThatOfStrangers) {
  enroll();
  while (may_tell_refusal()) {
  }
  EXPECT_TRUE(may_tell_refusal("ana-laptop"));
  EXPECT_FALSE(may_tell_refusal("cy-laptop")) << "nobody knows it: a name costs nothing";
  EXPECT_EQ(journal_.left_out(), 2U);
}

TEST_F(Journal, SaysInOneRecordWhatWasLeftOut) {
  while (may_tell_refusal()) {
  }
  AuditRecord like;
  like.event = "session.refused";
  like.reason = "too_often";
  journal_.leave_out_refusals(like, 41);
  journal_.tell_left_out(true);
  const auto records = records_of("records.left_out");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records.front()["count"], 42U) << records.front();
  EXPECT_EQ(times_said("records.left_out"), 1);
}

}  // namespace
}  // namespace sallyport
