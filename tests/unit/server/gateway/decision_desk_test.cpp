#include "server/gateway/decision_desk.hpp"

#include "tests/unit/server/gateway/control_fixture.hpp"

namespace sallyport {
namespace {

class Decisions : public ControlRoom {
 protected:
  DecisionEvent opened(bool is_kept = true) const {
    DecisionEvent event;
    event.kind = DecisionKind::Opened;
    event.time = now_.wall;
    event.destination = Destination::parse("10.0.0.1:443/tcp").value();
    event.decision = snapshot_.policy.policy->rights_for(evidence_, now_.wall)->judge(event.destination, now_.wall);
    event.is_kept = is_kept;
    event.policy = snapshot_.policy.policy;
    event.evidence = std::make_shared<const Evidence>(evidence_);
    return event;
  }
  report::Denied denied(SessionId session, const std::string& code) const {
    Session::Denied denial{.destination = Destination::parse("10.0.0.2:22/tcp").value(),
                           .drop = DropReason::Forbidden,
                           .decision = {},
                           .code = code};
    denial.decision = snapshot_.policy.policy->rights_for(evidence_, now_.wall)->judge(denial.destination, now_.wall);
    denial.policy = snapshot_.policy.policy;
    denial.evidence = std::make_shared<const Evidence>(evidence_);
    denial.time = now_.wall;
    return {session, std::move(denial)};
  }

  ReportGate reports_;
  LossBook losses_;
  DecisionDesk desk_{books_, orders_, tally_, reports_, losses_};
  const Evidence evidence_ = [this] {
    Evidence evidence;
    evidence.user = UserId{"ana@example.com"};
    evidence.certificate_expires = now_.wall + std::chrono::days{1};
    return evidence;
  }();
};

TEST_F(Decisions, ThatLetSomethingInAreAuditedOnceForEachSessionAndRule) {
  const auto session = connect().grant.id;
  desk_.take(report::Decisions{session, {opened(), opened()}});
  ASSERT_EQ(records_of("flow.allowed").size(), 1U);
  EXPECT_EQ(records_of("flow.allowed").front()["rule"], "web");
  desk_.take(report::Decisions{connect("bo-laptop").grant.id, {opened()}});
  EXPECT_EQ(records_of("flow.allowed").size(), 2U);
}

TEST_F(Decisions, GoToWhoeverTracesTheDeviceWhetherTheyAreKeptOrNot) {
  int shown = 0;
  desk_.observe({.decided = [&](const DecisionRecord&) { ++shown; }, .lost = {}});
  desk_.trace({DeviceId{"ana-laptop"}});
  EXPECT_TRUE(workers_.last<command::WatchDecisions>()->traced.contains(DeviceId{"ana-laptop"}));
  desk_.take(report::Decisions{connect().grant.id, {opened(false)}});
  EXPECT_EQ(shown, 1);
}

TEST_F(Decisions, ThatDenyAreAuditedAndFoundByTheirCode) {
  desk_.take(denied(connect().grant.id, "ABCD-2345"));
  ASSERT_EQ(records_of("flow.denied").size(), 1U);
  EXPECT_EQ(records_of("flow.denied").front()["reference"], "ABCD-2345");
  EXPECT_EQ(records_of("flow.denied").front()["destination"], "10.0.0.2:22/tcp");
  const auto* entry = desk_.denials().find("ABCD-2345");
  ASSERT_NE(entry, nullptr);
  EXPECT_NE(entry->policy.lock(), nullptr) << "it can be explained";
}

TEST_F(Decisions, ThatWereLostAreSaidOnceAMinuteForEachDevice) {
  const auto session = connect().grant.id;
  for (int i = 0; i < 2; ++i) {
    desk_.take(report::Lost{.session = session,
                            .device = DeviceId{"ana-laptop"},
                            .user = UserId{"ana@example.com"},
                            .losses = {.decisions = 5, .denials = 1, .unread = 3}});
  }
  desk_.record_losses(false);
  EXPECT_TRUE(records_of("decisions.lost").empty());
  pass(std::chrono::minutes{1});
  desk_.record_losses(false);
  ASSERT_EQ(records_of("decisions.lost").size(), 1U);
  EXPECT_EQ(records_of("decisions.lost").front()["count"], 10U);
  EXPECT_EQ(records_of("denials.lost").size(), 1U);
  EXPECT_EQ(records_of("denials.lost").front()["count"], 2U);
  EXPECT_EQ(desk_.counts().lost, 10U);
  EXPECT_EQ(desk_.counts().messages_unread, 6U);
}

}  // namespace
}  // namespace sallyport
