#include "server/policy/posture_needs.hpp"

#include "server/policy/loader.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport {
namespace {

constexpr const char* kPolicy = R"(
version = 1
[groups]
staff = ["ana@example.com"]
[posture.managed]
processes = ["falcon-sensor", "osqueryd"]
files     = ["/etc/corp/managed"]
[posture.walled]
firewall = true
[posture.torrent]
processes = ["transmission"]
[posture.later]
files = ["/etc/corp/later"]
[posture.of-others]
files = ["/etc/corp/secret-project"]
[resources]
web = { net = "10.20.4.10", ports = "443/tcp" }
[allow.web]
who     = "staff"
to      = "web"
posture = ["managed", "walled"]
[allow.others]
who     = "bo@example.com"
to      = "web"
posture = "of-others"
[allow.tomorrow]
who     = "staff"
to      = "web"
posture = "later"
rollout = "shadow"
[deny.torrents]
who     = "everyone"
to      = "any"
posture = "torrent"
)";

const WallTime kNow{std::chrono::hours{500'000}};

class PostureNeeds : public testing::Test {
 protected:
  static std::shared_ptr<const Policy> load() {
    const auto loaded = load_policy_texts({{"policy.toml", kPolicy}});
    EXPECT_TRUE(loaded) << (loaded ? std::string{} : to_string(loaded.error()));
    return loaded ? loaded->policy : Policy::deny_all();
  }
  void report(PostureReport report) {
    ana.posture.report = std::move(report);
    ana.posture.reported = kNow;
  }
  [[nodiscard]] PostureStanding standing() const { return posture_standing(*policy, ana, kNow); }
  [[nodiscard]] auto verdicts() const { return posture_verdicts(*policy, *policy->rights_for(ana, kNow), ana, kNow); }

  std::shared_ptr<const Policy> policy = load();
  Evidence ana{.user = UserId{"ana@example.com"}, .device = DeviceId{"ana-laptop"}};
};

TEST_F(PostureNeeds, ALaptopIsAskedForWhatRulesInItsReachNameAndForNothingElse) {
  const auto wants = posture_wants(*policy, *policy->rights_for(ana, kNow));
  EXPECT_EQ(wants.processes, (std::vector<std::string>{"falcon-sensor", "osqueryd", "transmission"}));
  EXPECT_EQ(wants.files, (std::vector<std::string>{"/etc/corp/later", "/etc/corp/managed"}));
}

TEST_F(PostureNeeds, TheEmployeeLearnsOnlyTheChecksOfEnforcedAllowRulesInReach) {
  const auto told = standing();
  ASSERT_EQ(told.checks.size(), 2U);
  EXPECT_EQ(told.checks[0].name, "managed");
  EXPECT_EQ(told.checks[1].name, "walled");
  EXPECT_EQ(told.checks[0].state, PostureState::Unknown) << "nothing was reported";
  ASSERT_EQ(told.checks[0].lines.size(), 3U);
  EXPECT_EQ(told.checks[0].lines[0],
            (StandingLine{"process falcon-sensor", "running", "unknown", PostureState::Unknown}));
}

TEST_F(PostureNeeds, ACheckIsNotNeededWhileAnotherOfTheSameRuleHolds) {
  report({"debian", "12", "6.1", {{"firewall", true}}, {{"falcon-sensor", false}}, {}});
  const auto told = standing();
  EXPECT_EQ(told.checks[0].state, PostureState::Fails);
  EXPECT_FALSE(told.checks[0].needed);
  EXPECT_EQ(told.checks[1].state, PostureState::Holds);
  EXPECT_TRUE(told.checks[1].needed);
  report({"debian", "12", "6.1", {{"firewall", false}}, {{"falcon-sensor", false}}, {}});
  EXPECT_TRUE(standing().checks[0].needed);
  EXPECT_TRUE(standing().checks[1].needed);
}

TEST_F(PostureNeeds, TheAdministratorSeesEveryCheckInReach) {
  report({"debian", "12", "6.1", {{"firewall", true}}, {{"transmission", false}}, {}});
  EXPECT_EQ(verdicts(), (std::map<std::string, PostureState, std::less<>>{{"later", PostureState::Unknown},
                                                                          {"managed", PostureState::Unknown},
                                                                          {"torrent", PostureState::Fails},
                                                                          {"walled", PostureState::Holds}}));
}

TEST_F(PostureNeeds, WhoIsInNoRulesReachIsAskedForNothing) {
  ana.user = UserId{"cleo@example.com"};
  const auto wants = posture_wants(*policy, *policy->rights_for(ana, kNow));
  EXPECT_EQ(wants.processes, (std::vector<std::string>{"transmission"})) << "the deny rule is for everyone";
  EXPECT_TRUE(wants.files.empty());
  EXPECT_TRUE(standing().checks.empty());
}

TEST(PolicyLimits, NoMoreNamesThanALaptopAnswersAbout) {
  const auto text = [](int names) {
    std::string list;
    for (int i = 0; i < names; ++i) list += "\"/f" + std::to_string(i) + "\",";
    return "version = 1\n[posture.p]\nfiles = [" + list + "]\n";
  };
  EXPECT_TRUE(load_policy_texts({{"policy.toml", text(64)}}));
  EXPECT_FALSE(load_policy_texts({{"policy.toml", text(65)}}));
}

}  // namespace
}  // namespace sallyport
