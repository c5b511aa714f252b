#include "server/policy/analysis/condition_space.hpp"
#include "server/policy/analysis/overruled.hpp"
#include "server/policy/analysis/person_classes.hpp"
#include "server/policy/analysis/redundant_rules.hpp"
#include "server/policy/analysis/warnings.hpp"
#include "server/policy/condition_text.hpp"
#include "server/policy/diagnostic_list.hpp"
#include "server/policy/resolved_policy.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace sallyport {
namespace {

struct Fault {
  std::string message;
  std::string hint;
};

class RuleReview {
 public:
  RuleReview(const Policy& policy, WallTime now, PolicyWarnings& out)
      : policy_{policy.resolved()},
        now_{now},
        out_{out},
        space_{{&policy_}, now},
        classes_{classes_of_people({&policy_})} {}

  void run() {
    std::vector<bool> reaches_somebody(policy_.rules.size(), false);
    for (const auto& people : classes_) {
      for (const auto rule : people.rules.front()) reaches_somebody[rule] = true;
    }
    std::vector<bool> can_match(policy_.rules.size(), true);
    for (std::uint32_t rule = 0; rule < policy_.rules.size(); ++rule) {
      const auto fault = why_never(rule, reaches_somebody[rule]);
      if (fault)
        warn(WarningCode::NeverMatches, rule, rule_name(written(rule)) + " never matches: " + fault->message,
             fault->hint);
      can_match[rule] = !fault;
      warn_of_ages(rule);
      if (written(rule).rollout == Rollout::Shadow) {
        warn(WarningCode::RuleInShadow, rule,
             rule_name(written(rule)) + " is in shadow: judged and recorded, not enforced",
             "remove rollout = \"shadow\" to enforce it");
      }
    }
    warn_of_overruled(can_match);
    warn_of_redundant(can_match);
  }

 private:
  [[nodiscard]] const PolicyRule& written(std::uint32_t rule) const { return policy_.document.rules[rule]; }

  void warn(WarningCode code, std::uint32_t rule, std::string message, std::string hint) {
    out_.push_back({code, diagnostic_at(policy_.document, written(rule).place, std::move(message), std::move(hint))});
  }

  std::optional<Fault> why_never(std::uint32_t rule, bool reaches_somebody) {
    if (const auto until = written(rule).until; until && *until <= now_) {
      return Fault{"its `until`, " + format_utc(*until) + ", has passed", "remove the rule, or give it a later date"};
    }
    if (!reaches_somebody)
      return Fault{"nobody is in the groups of its `who`", "give them members, or remove the rule"};
    if (!space_.can_hold(space_.of_source(0, rule))) {
      return Fault{"no address is in `from` and outside of `not_from`", "name other networks"};
    }
    if (!space_.can_hold(space_.of_hours(0, rule))) {
      return Fault{"there is no time within `during` and outside of `outside`", "name other hours"};
    }
    if (space_.can_hold(space_.of_rule(0, rule))) return std::nullopt;
    return Fault{"no session ever meets all its conditions", "see: sallyportctl policy explain --help"};
  }

  /// Evidence of an age is fresh or unknown, and a deny takes what is unknown for met.
  void warn_of_ages(std::uint32_t rule) {
    const auto& asked = written(rule);
    if (asked.kind != RuleKind::Deny) return;
    const auto say = [&](const char* key, bool is_asked) {
      if (!is_asked) return;
      warn(WarningCode::AgeInDeny, rule,
           rule_name(asked) + ": `" + key + "` does nothing in a deny: fresh evidence meets it, and old evidence too",
           std::string{"to ask for fresh evidence, write "} + key + " into the allow rules");
    };
    say("key_age", asked.key_age.has_value());
    say("proof_age", asked.proof_age.has_value());
    say("revocation_age", asked.revocation_age.has_value());
  }

  void warn_of_overruled(const std::vector<bool>& can_match) {
    const auto found = find_overruled(policy_, space_, classes_, can_match);
    for (const auto& [allow, denies] : found.rules) {
      const auto names = join_each(denies, [this](std::uint32_t deny) {
        return rule_name(written(deny)) + " at " + to_string(policy_.document, written(deny).place);
      });
      warn(WarningCode::ShadowedAllow, allow,
           rule_name(written(allow)) + " lets nobody through: " + names +
               (denies.size() == 1 ? " denies" : " together deny") + " all of it",
           "narrow the deny, or remove the allow");
    }
    if (found.complete && !space_.exhausted()) return;
    out_.push_back({WarningCode::TooIntricate,
                    {{}, 0, 0, "the policy is too large to search it for every allow that denies overrule", {}}});
  }

  void warn_of_redundant(const std::vector<bool>& can_match) {
    constexpr std::size_t kNamed = 4;
    const auto found = find_redundant(policy_, space_, classes_, can_match);
    for (const auto& [rule, wider] : found.rules) {
      const std::vector<std::uint32_t> named{
          wider.begin(), wider.begin() + static_cast<std::ptrdiff_t>(std::min(kNamed, wider.size()))};
      auto names = join_each(named, [this](std::uint32_t each) {
        return rule_name(written(each)) + " at " + to_string(policy_.document, written(each).place);
      });
      if (wider.size() > kNamed) names += " and " + std::to_string(wider.size() - kNamed) + " more";
      warn(WarningCode::Redundant, rule,
           rule_name(written(rule)) + " adds nothing: " + names +
               (wider.size() == 1 ? " says all of it" : " together say all of it"),
           "remove it, unless it is there to be read");
    }
    if (found.complete || space_.exhausted()) return;
    out_.push_back({WarningCode::TooIntricate,
                    {{}, 0, 0, "the policy is too large to search it for every rule of which others say all", {}}});
  }

  const ResolvedPolicy& policy_;
  WallTime now_;
  PolicyWarnings& out_;
  ConditionSpace space_;
  std::vector<PersonClass> classes_;
};

}  // namespace

void append_rule_warnings(const Policy& policy, WallTime now, PolicyWarnings& out) {
  RuleReview{policy, now, out}.run();
}

}  // namespace sallyport
