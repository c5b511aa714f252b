#include "server/policy/employee_reason.hpp"

#include "server/policy/loader.hpp"
#include "server/policy/resolved_policy.hpp"
#include "server/policy/session_facts.hpp"
#include "tests/unit/server/policy/random_policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

namespace sallyport {
namespace {

using PolicyPointer = std::shared_ptr<const Policy>;

/// One question and everything it may be asked of.
struct Question {
  Evidence evidence;
  Destination destination;
  WallTime now;
};

Decision judge(const Policy& policy, const Question& question) {
  return policy.rights_for(question.evidence, question.now)->judge(question.destination, question.now);
}

/// All that the person learns, apart from the code.
std::string told(const Policy& policy, const Question& question) {
  const auto rights = policy.rights_for(question.evidence, question.now);
  const auto decision = rights->judge(question.destination, question.now);
  const auto reason = employee_reason(policy, *rights, question.evidence, question.destination, decision, question.now);
  return std::string{reason.reason_class} + ": " + std::string{reason.words};
}

std::string class_of(const std::string& told_text) { return told_text.substr(0, told_text.find(':')); }

PolicyPointer load(const std::string& text) {
  const auto loaded = load_policy_texts({{"policy.toml", text}});
  EXPECT_TRUE(loaded) << (loaded ? std::string{} : to_string(loaded.error()));
  return loaded ? loaded->policy : Policy::deny_all();
}

constexpr const char* kHead = R"(
version = 1
[hours]
mornings = { days = "mon-fri", time = "08:00-12:00", zone = "UTC" }
[posture.healthy]
disk_encrypted = true
[resources]
web = { net = "10.20.4.10", ports = "443/tcp" }
)";

class EmployeeReasonTest : public testing::Test {
 protected:
  std::string class_for(const std::string& rules) const { return class_of(told(*load(kHead + rules), question_)); }

  Question question_{Evidence{.user = UserId{"ana@example.com"}, .device = DeviceId{"ana-laptop"}},
                     *Destination::parse("10.20.4.10:443"), *parse_utc("2026-11-20T15:00:00Z")};
};

TEST_F(EmployeeReasonTest, TellsTheOneThingThatThePersonCanDo) {
  const std::string rule = "[allow.web]\nwho = \"everyone\"\nto = \"web\"\n";
  EXPECT_EQ(class_for(rule), "allowed");
  EXPECT_EQ(class_for(rule + "proof_age = \"8h\"\n"), "sign_in_needed");
  EXPECT_EQ(class_for(rule + "posture = \"healthy\"\n"), "posture");
  EXPECT_EQ(class_for(rule + "during = \"mornings\"\n"), "outside_hours");
  EXPECT_EQ(class_for(rule + "key_age = \"5m\"\n"), "device_key_stale");
}

TEST_F(EmployeeReasonTest, TellsNothingWhenOneThingWouldNotDo) {
  const std::string rule = "[allow.web]\nwho = \"everyone\"\nto = \"web\"\n";
  EXPECT_EQ(class_for(rule + "proof_age = \"8h\"\nposture = \"healthy\"\n"), "not_allowed");
  EXPECT_EQ(class_for(rule + "revocation_age = \"1h\"\n"), "not_allowed");
  EXPECT_EQ(class_for(rule + "proof_age = \"8h\"\nuntil = 2026-01-01\n"), "not_allowed");
  EXPECT_EQ(class_for(rule + "proof_age = \"8h\"\nrollout = \"shadow\"\n"), "not_allowed");
  EXPECT_EQ(class_for(rule + "proof_age = \"8h\"\ndevices = \"other\"\n"), "not_allowed");
  EXPECT_EQ(class_for("[allow.web]\nwho = \"bo@example.com\"\nto = \"web\"\nproof_age = \"8h\"\n"), "not_allowed");
}

TEST_F(EmployeeReasonTest, TellsNothingWhenADenyRuleSpeaksAgainstIt) {
  const std::string rule = "[allow.web]\nwho = \"everyone\"\nto = \"web\"\nproof_age = \"8h\"\n";
  EXPECT_EQ(class_for(rule + "[deny.web]\nwho = \"ana@example.com\"\nto = \"web\"\n"), "not_allowed");
  EXPECT_EQ(class_for(rule + "[deny.web]\nwho = \"ana@example.com\"\nto = \"web\"\nrollout = \"shadow\"\n"),
            "sign_in_needed");
}

/// Random questions of somebody who is known; `check` sees those with an answer other than yes.
void ask_many(int rounds, RandomPolicy& random,
              const std::function<void(const PolicyPointer&, const Question&)>& check) {
  for (int round = 0; round < rounds; ++round) {
    auto compiled = Policy::compile(random.document());
    ASSERT_TRUE(compiled) << to_string(compiled.error());
    for (int i = 0; i < 40; ++i) {
      Question question{random.evidence(), random.destination(), random.time()};
      if (question.evidence.user.empty() || (*compiled)->is_empty()) continue;
      if (!judge(**compiled, question).allows()) check(*compiled, question);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

bool speaks_about(const ResolvedPolicy& policy, std::size_t rule, const Destination& destination) {
  const auto& resolved = policy.rules[rule];
  return resolved.to_any || std::any_of(resolved.resources.begin(), resolved.resources.end(), [&](std::uint32_t index) {
           const auto& resource = policy.document.resources[index];
           const auto key = service_key(destination);
           return std::any_of(resource.prefixes.begin(), resource.prefixes.end(),
                              [&](const IpPrefix& prefix) { return prefix.contains(destination.address); }) &&
                  std::any_of(resource.services.begin(), resource.services.end(),
                              [&](const ServiceRange& range) { return range.contains(key); });
         });
}

/// `policy` with the rules that `keeps`, and one that has to do with nobody, so that it does not become empty.
PolicyPointer only(const Policy& policy, const std::function<bool(std::size_t)>& keeps) {
  PolicyDocument document = policy.resolved().document;
  document.tests.clear();
  std::vector<PolicyRule> kept;
  for (std::size_t i = 0; i < document.rules.size(); ++i) {
    if (keeps(i)) kept.push_back(document.rules[i]);
  }
  PolicyRule filler;
  filler.name = "zzz-of-nobody";
  filler.who = {NameUse{"nobody@example.net", {}}};
  filler.to = {NameUse{"any", {}}};
  kept.push_back(std::move(filler));
  document.rules = std::move(kept);
  auto compiled = Policy::compile(std::move(document));
  EXPECT_TRUE(compiled) << to_string(compiled.error());
  return compiled ? *compiled : Policy::deny_all();
}

bool applies(const Policy& policy, const Evidence& evidence, std::size_t rule) {
  const auto& resolved = policy.resolved();
  return SessionFacts{resolved, evidence}.satisfies(resolved.rules[rule], resolved.document.rules[rule].kind);
}

TEST(EmployeeReason, KeepsItsWordEveryTimeItTellsWhatToDo) {
  const auto seed = random_seed();
  SCOPED_TRACE(seed);
  RandomPolicy random{seed};
  std::map<std::string, int> seen;
  ask_many(1500, random, [&](const PolicyPointer& policy, const Question& question) {
    const auto reason = class_of(told(*policy, question));
    ++seen[reason];
    Question better = question;
    if (reason == "sign_in_needed") better.evidence.user_proved = question.now;
    if (reason == "device_key_stale") better.evidence.key_proved = question.now;
    if (reason == "posture") {
      better.evidence.posture = {};
      better.evidence.posture.satisfied.emplace();
      for (const auto& each : policy->resolved().document.postures)
        better.evidence.posture.satisfied->push_back(each.name);
    }
    if (reason == "sign_in_needed" || reason == "device_key_stale" || reason == "posture") {
      ASSERT_TRUE(judge(*policy, better).allows()) << reason;
    }
  });
  for (const auto* reason : {"sign_in_needed", "device_key_stale", "posture", "outside_hours", "not_allowed"}) {
    EXPECT_GT(seen[reason], 0) << reason << " was never told: the test shows nothing about it";
  }
}

TEST(EmployeeReason, DoesNotDependOnRulesOfOthersOrAboutOtherPlaces) {
  const auto seed = random_seed();
  SCOPED_TRACE(seed);
  RandomPolicy random{seed};
  ask_many(800, random, [](const PolicyPointer& policy, const Question& question) {
    const auto answer = told(*policy, question);
    const auto of_this_person =
        only(*policy, [&](std::size_t rule) { return applies(*policy, question.evidence, rule); });
    ASSERT_EQ(told(*of_this_person, question), answer) << "other people, devices and networks";
    const auto about_this_place =
        only(*policy, [&](std::size_t rule) { return speaks_about(policy->resolved(), rule, question.destination); });
    ASSERT_EQ(told(*about_this_place, question), answer) << "other addresses";
    const auto enforced =
        only(*policy, [&](std::size_t rule) { return policy->rules()[rule].rollout == Rollout::Enforce; });
    ASSERT_EQ(told(*enforced, question), answer) << "rules in shadow";
  });
}

TEST(EmployeeReason, SaysTheSameNoWhetherARuleForbidsOrNoneSpeaks) {
  const auto seed = random_seed();
  SCOPED_TRACE(seed);
  RandomPolicy random{seed};
  int forbidden = 0;
  ask_many(800, random, [&](const PolicyPointer& policy, const Question& question) {
    const auto answer = told(*policy, question);
    if (class_of(answer) != "not_allowed") return;
    const auto nothing = only(*policy, [](std::size_t) { return false; });
    ASSERT_EQ(told(*nothing, question), answer);
    forbidden += judge(*policy, question).reason == DecisionReason::DeniedByRule ? 1 : 0;
  });
  EXPECT_GT(forbidden, 0);
}

/// Everything a person could read of a policy has other words; the meaning is the same.
PolicyDocument renamed(PolicyDocument document) {
  const auto rename = [](std::string& name) { name = "x-" + name; };
  const auto rename_uses = [&](std::optional<std::vector<NameUse>>& uses) {
    if (!uses) return;
    for (auto& use : *uses) rename(use.text);
  };
  const auto is_name = [](const std::string& text) {
    return text != "everyone" && text.find('@') == std::string::npos;
  };
  for (auto& each : document.groups) {
    rename(each.name);
    for (auto& member : each.members)
      if (is_name(member.text)) rename(member.text);
  }
  for (auto& each : document.networks) rename(each.name);
  for (auto& each : document.hours) rename(each.name);
  for (auto& each : document.postures) rename(each.name);
  for (auto& each : document.resources) rename(each.name);
  for (auto& rule : document.rules) {
    rename(rule.name);
    rule.why = "secret reason";
    for (auto& use : rule.who)
      if (is_name(use.text)) rename(use.text);
    for (auto& use : rule.to) {
      if (use.text == "any" || use.text.starts_with("tag:")) continue;
      rename(use.text);
    }
    rename_uses(rule.from);
    rename_uses(rule.not_from);
    rename_uses(rule.posture);
    rename_uses(rule.during);
    rename_uses(rule.outside);
  }
  return document;
}

TEST(EmployeeReason, TellsNoNameAndNoNumberOfARule) {
  const auto seed = random_seed();
  SCOPED_TRACE(seed);
  RandomPolicy random{seed};
  ask_many(800, random, [](const PolicyPointer& policy, const Question& question) {
    // Assumed checks go by name; a report does not.
    if (question.evidence.posture.satisfied) return;
    auto document = policy->resolved().document;
    document.tests.clear();
    auto other = Policy::compile(renamed(document));
    ASSERT_TRUE(other) << to_string(other.error());
    ASSERT_EQ(told(**other, question), told(*policy, question));
    // Limits that are as far from met as before: how far is not told.
    for (auto& rule : document.rules) {
      const auto shorten = [&](std::optional<std::chrono::seconds>& age, const std::optional<WallTime>& learned) {
        const bool is_met = learned && *learned <= question.now && age && question.now - *learned < *age;
        if (age && !is_met) age = std::chrono::seconds{1};
      };
      if (rule.kind != RuleKind::Allow) continue;
      if (question.evidence.user_proved != question.now) shorten(rule.proof_age, question.evidence.user_proved);
      if (question.evidence.key_proved != question.now) shorten(rule.key_age, question.evidence.key_proved);
    }
    auto shorter = Policy::compile(document);
    ASSERT_TRUE(shorter) << to_string(shorter.error());
    ASSERT_EQ(told(**shorter, question), told(*policy, question));
  });
}

}  // namespace
}  // namespace sallyport
