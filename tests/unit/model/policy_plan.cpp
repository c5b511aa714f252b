#include "tests/unit/model/policy_plan.hpp"

#include "server/policy/loader.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace sallyport::model {
namespace {

constexpr int kRandomPolicies = 14;

std::string condition(const char* key, const std::optional<int>& age) {
  return age ? fmt::format("{} = \"{}s\"\n", key, *age) : std::string{};
}

std::string text_of(const RulePlan& rule, std::size_t number) {
  std::string text = fmt::format("[{}.r{}]\n", rule.allows ? "allow" : "deny", number);
  if (rule.who < 0)
    text += "who = \"everyone\"\n";
  else if (rule.who == kUsers)
    text += "who = \"staff\"\n";
  else
    text += fmt::format("who = \"{}\"\n", kUserNames[static_cast<std::size_t>(rule.who)]);
  if (rule.device >= 0) text += fmt::format("devices = \"d{}\"\n", rule.device);
  if (rule.home) text += "from = \"homes\"\n";
  text += fmt::format("to = \"{}\"\n", kResources[rule.to].name);
  if (rule.posture) text += "posture = \"walled\"\n";
  text += condition("key_age", rule.key_age) + condition("proof_age", rule.proof_age) +
          condition("revocation_age", rule.revocation_age);
  if (rule.hours == 1) text += "during = \"working\"\n";
  if (rule.hours == 2) text += "outside = \"working\"\n";
  if (rule.until) text += fmt::format("until = {}\n", format_utc(*rule.until));
  if (rule.in_shadow) text += "rollout = \"shadow\"\n";
  return text;
}

RulePlan random_rule(std::mt19937_64& random) {
  const auto one_in = [&random](unsigned n) { return random() % n == 0; };
  const auto pick = [&random](auto... values) {
    const int all[] = {values...};
    return all[random() % sizeof...(values)];
  };
  RulePlan rule;
  rule.allows = !one_in(6);
  rule.in_shadow = one_in(8);
  rule.who = one_in(3) ? static_cast<int>(random() % (kUsers + 1)) : -1;
  if (one_in(8)) rule.device = static_cast<int>(random() % kDevices);
  rule.home = one_in(6);
  rule.to = random() % kResources.size();
  rule.posture = one_in(4);
  if (one_in(4)) rule.key_age = pick(20, 60, 600);
  if (one_in(4)) rule.proof_age = pick(90, 600, 28'800);
  if (one_in(6)) rule.revocation_age = pick(600, 7'200, 172'800);
  rule.hours = one_in(3) ? pick(1, 2) : 0;
  if (one_in(6)) rule.until = kStart + std::chrono::minutes{pick(3, 6, 10, 20, 45, 90)};
  return rule;
}

PolicyPlan finished(std::vector<RulePlan> rules) {
  PolicyPlan plan{std::move(rules), {}};
  auto loaded = load_policy_texts(std::vector<PolicyFile>{{.name = "model.toml", .text = plan.toml()}});
  if (!loaded) {
    std::fputs((to_string(loaded.error()) + plan.toml()).c_str(), stderr);
    std::abort();
  }
  plan.real = loaded->policy;
  return plan;
}

}  // namespace

bool RulePlan::speaks_of(int user, int of_device, int source, int place) const {
  const bool is_who = who < 0 || who == user || (who == kUsers && user < 2);
  const bool is_device = device < 0 || device == of_device;
  return is_who && is_device && (!home || source == kHome) && (kResources[to].places >> place & 1U) != 0;
}

std::string PolicyPlan::toml() const {
  std::string text =
      "version = 1\n[groups]\nstaff = [\"ana@example.com\", \"bo@example.com\"]\n"
      "[hours]\nworking = { days = \"mon-fri\", time = \"09:00-17:00\", zone = \"UTC\" }\n"
      "[networks]\nhomes = [\"198.51.100.0/24\"]\n[posture.walled]\nfirewall = true\n";
  text += fmt::format("reported_within = \"{}s\"\n[resources]\n", kReportedWithin);
  for (const auto& resource : kResources) text += fmt::format("{} = {}\n", resource.name, resource.toml);
  for (std::size_t i = 0; i < rules.size(); ++i) text += text_of(rules[i], i);
  return text;
}

std::vector<PolicyPlan> make_policies(std::uint64_t seed) {
  constexpr std::size_t kAll = 6;
  constexpr std::size_t kHost = 5;
  std::vector<PolicyPlan> plans;
  plans.push_back(finished({}));
  plans.push_back(finished({RulePlan{.to = kAll}}));
  plans.push_back(finished({RulePlan{.to = kAll, .key_age = 60}, RulePlan{.to = 2}}));
  plans.push_back(finished({RulePlan{.to = kAll, .posture = true}, RulePlan{.to = 2, .proof_age = 600}}));
  plans.push_back(finished({RulePlan{.to = kHost, .hours = 1}, RulePlan{.to = 3, .hours = 2}, RulePlan{.to = 2}}));
  plans.push_back(finished({RulePlan{.to = kAll, .proof_age = 600}, RulePlan{.allows = false, .who = 1, .to = kHost}}));
  plans.push_back(finished({RulePlan{.to = kAll, .revocation_age = 7'200}, RulePlan{.home = true, .to = 0}}));
  plans.push_back(finished({RulePlan{.to = kAll, .until = kStart + std::chrono::minutes{4}},
                            RulePlan{.to = kHost, .until = kStart + std::chrono::minutes{12}}}));
  std::mt19937_64 random{seed};
  for (int i = 0; i < kRandomPolicies; ++i) {
    std::vector<RulePlan> rules(1 + random() % 6);
    for (auto& rule : rules) rule = random_rule(random);
    plans.push_back(finished(std::move(rules)));
  }
  return plans;
}

}  // namespace sallyport::model
