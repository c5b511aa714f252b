#include "server/policy/analysis/smallest_change.hpp"

#include "server/policy/analysis/evidence_trial.hpp"
#include "server/policy/analysis/rule_places.hpp"
#include "server/policy/guard.hpp"
#include "server/policy/session_facts.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

/// Groups, networks and rules looked at, over all variations of the question.
constexpr std::size_t kMaxWork = 20'000'000;

class ChangeSearch {
 public:
  ChangeSearch(const ResolvedPolicy& policy, const Evidence& evidence, const Destination& destination, WallTime now)
      : policy_{policy}, asked_{evidence, now, {}} {
    for (std::uint32_t rule = 0; rule < policy.rules.size(); ++rule) {
      const bool enforced = policy.document.rules[rule].rollout == Rollout::Enforce;
      if (enforced && leads_to(policy, policy.rules[rule], destination)) rules_.push_back(rule);
    }
    options_ = options().list();
    std::size_t cost = 50 + policy.document.groups.size() + 20 * rules_.size();
    for (const auto& network : policy.document.networks) cost += network.prefixes.size();
    trials_left_ = kMaxWork / cost;
  }

  std::optional<std::vector<EvidenceChange>> run() {
    const bool is_allowed = allows(asked_);
    if (!is_allowed && !any_allow()) return std::nullopt;
    if (auto time = time_alone(!is_allowed)) return std::vector{std::move(*time)};
    for (std::size_t count = 1; count <= kMaxChanges; ++count) {
      if (search(asked_, !is_allowed, 0, count)) {
        std::reverse(chosen_.begin(), chosen_.end());
        return std::move(chosen_);
      }
    }
    return std::nullopt;
  }

 private:
  TrialOptions options() const { return {policy_, rules_, asked_}; }

  /// The first moment at which the answer is `wanted` with the evidence as it is.
  std::optional<EvidenceChange> time_alone(bool wanted) {
    std::optional<EvidenceChange> found;
    const auto trials = options();
    auto trials_left = 1 + trials_left_ / 2;
    const auto turns = [&](WallTime time) {
      Trial varied = asked_;
      move_to(varied, time);
      if (allows(varied) == wanted) found = trials.at(time).words;
      return found || --trials_left == 0;
    };
    if (!asked_.evidence.hours_known && turns(asked_.now)) return found;
    trials.visit_turns(turns);
    return found;
  }

  bool any_allow() const {
    return std::any_of(rules_.begin(), rules_.end(),
                       [this](std::uint32_t rule) { return policy_.document.rules[rule].kind == RuleKind::Allow; });
  }

  /// Whether `count` of the options from `first` on turn the answer to `wanted`; the last one is noted first.
  bool search(const Trial& trial, bool wanted, std::size_t first, std::size_t count) {
    for (std::size_t i = first; i < options_.size(); ++i) {
      if (trials_left_ == 0) return false;
      --trials_left_;
      Trial varied = trial;
      options_[i].apply(varied);
      const bool turned = count == 1 ? allows(varied) == wanted : search(varied, wanted, i + 1, count - 1);
      if (!turned) continue;
      chosen_.push_back(options_[i].words);
      return true;
    }
    return false;
  }

  bool allows(const Trial& trial) const {
    if (trial.now >= trial.evidence.certificate_expires) return false;
    const SessionFacts facts{policy_, trial.evidence};
    const auto groups = with_parents(trial.joined);
    const GuardJudge judge{policy_, trial.evidence};
    bool allowed = false;
    for (const auto rule : rules_) {
      const auto kind = policy_.document.rules[rule].kind;
      if ((kind == RuleKind::Allow && allowed) || !matches(rule, trial, facts, judge, groups)) continue;
      if (kind == RuleKind::Deny) return false;
      allowed = true;
    }
    return allowed;
  }

  bool matches(std::uint32_t index, const Trial& trial, const SessionFacts& facts, const GuardJudge& judge,
               const std::vector<std::uint32_t>& groups) const {
    const auto& rule = policy_.rules[index];
    const auto& written = policy_.document.rules[index];
    if (written.until && trial.now >= *written.until) return false;
    const bool joined = std::any_of(groups.begin(), groups.end(), [&](std::uint32_t group) {
      return std::binary_search(rule.groups.begin(), rule.groups.end(), group);
    });
    return (joined || is_met(facts.who(rule), written.kind)) && is_met(facts.device(rule), written.kind) &&
           is_met(facts.from(rule), written.kind) && is_met(facts.not_from(rule), written.kind) &&
           meets(judge, policy_.guards[rule.guard], trial.now);
  }

  static bool meets(const GuardJudge& judge, const Guard& guard, WallTime now) {
    const auto met = [&guard](const TimedTruth& answer) { return is_met(answer.truth, guard.kind); };
    return met(judge.posture(guard, now)) && met(judge.during(guard, now)) && met(judge.outside(guard, now)) &&
           met(judge.key_age(guard, now)) && met(judge.proof_age(guard, now)) && met(judge.revocation_age(guard, now));
  }

  std::vector<std::uint32_t> with_parents(std::vector<std::uint32_t> groups) const {
    for (std::size_t i = 0; i < groups.size(); ++i) {
      for (const auto parent : policy_.parents[groups[i]]) {
        if (std::find(groups.begin(), groups.end(), parent) == groups.end()) groups.push_back(parent);
      }
    }
    return groups;
  }

  const ResolvedPolicy& policy_;
  Trial asked_;
  std::vector<std::uint32_t> rules_;  ///< enforced, leading to the destination
  std::vector<TrialOption> options_;
  std::vector<EvidenceChange> chosen_;
  std::size_t trials_left_ = 0;
};

}  // namespace

std::optional<std::vector<EvidenceChange>> smallest_change(const Policy& policy, const Evidence& evidence,
                                                           const Destination& destination, WallTime now) {
  return ChangeSearch{policy.resolved(), evidence, destination, now}.run();
}

nlohmann::json to_json(const std::optional<std::vector<EvidenceChange>>& changes) {
  if (!changes) return nullptr;
  auto list = nlohmann::json::array();
  for (const auto& [key, from, to] : *changes) list.push_back({{"key", key}, {"from", from}, {"to", to}});
  return list;
}

}  // namespace sallyport
