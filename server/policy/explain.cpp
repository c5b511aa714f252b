#include "server/policy/explain.hpp"

#include "server/policy/condition_text.hpp"
#include "server/policy/diagnostic_list.hpp"
#include "server/policy/resolved_policy.hpp"
#include "server/policy/session_facts.hpp"

#include <algorithm>
#include <functional>
#include <string_view>
#include <tuple>

namespace sallyport {
namespace {

constexpr std::string_view kMetInDeny = " (what is unknown counts as met in a deny rule)";
constexpr std::string_view kNotMetInAllow = " (what is unknown counts as not met in an allow rule)";

std::string join_names(const std::vector<NameUse>& names) {
  return join_each(names, [](const NameUse& name) { return name.text; });
}

class Explainer {
 public:
  Explainer(const Policy& policy, const Explanation& question)
      : policy_{policy.resolved()}, question_{question}, facts_{policy_, question.evidence} {
    for (const auto& resource : policy_.document.resources) {
      covers_.push_back(std::any_of(resource.prefixes.begin(), resource.prefixes.end(), [this](const IpPrefix& prefix) {
        return prefix.contains(question_.destination.address);
      }));
    }
  }

  std::vector<CandidateRule> candidates() const {
    std::vector<CandidateRule> found;
    for (std::uint32_t rule = 0; rule < policy_.rules.size(); ++rule) {
      if (speaks_about_address(policy_.rules[rule])) found.push_back(describe_rule(rule));
    }
    return found;
  }

 private:
  bool speaks_about_address(const ResolvedRule& rule) const {
    return rule.to_any || std::any_of(rule.resources.begin(), rule.resources.end(),
                                      [this](std::uint32_t resource) { return covers_[resource]; });
  }

  CandidateRule describe_rule(std::uint32_t index) const {
    const auto& written = policy_.document.rules[index];
    const auto& rule = policy_.rules[index];
    CandidateRule candidate;
    candidate.index = RuleIndex{index};
    candidate.kind = written.kind;
    candidate.name = written.name;
    candidate.file = file_name(policy_.document, written.place);
    candidate.line = written.place.line;
    candidate.why = written.why;
    candidate.in_shadow = written.rollout == Rollout::Shadow;
    auto& conditions = candidate.conditions;
    const auto add = [&](const char* key, std::string required, std::string actual, Truth truth) {
      conditions.push_back(report(written.kind, key, {std::move(required), std::move(actual), {truth, kNever}}));
    };
    add("who", join_names(written.who), person(), facts_.who(rule));
    add("to", join_names(written.to), covering(rule), opens_service(rule) ? Truth::Yes : Truth::No);
    if (written.devices) add("devices", join_names(*written.devices), device(), facts_.device(rule));
    if (rule.from) add("from", networks(*rule.from), source(), facts_.from(rule));
    if (rule.not_from) add("not_from", "outside of " + networks(*rule.not_from), source(), facts_.not_from(rule));
    append_guard(conditions, policy_.guards[rule.guard]);
    if (written.until) {
      add("until", "before " + format_utc(*written.until), format_utc(question_.at),
          question_.at < *written.until ? Truth::Yes : Truth::No);
    }
    candidate.matches = std::all_of(conditions.begin(), conditions.end(), [](const auto& c) { return c.met; });
    return candidate;
  }

  static ConditionReport report(RuleKind kind, const char* key, ConditionAnswer answer) {
    const Truth truth = answer.answer.truth;
    if (truth == Truth::Unknown) answer.actual += kind == RuleKind::Deny ? kMetInDeny : kNotMetInAllow;
    return {key, std::move(answer.required), std::move(answer.actual), is_met(truth, kind)};
  }

  void append_guard(std::vector<ConditionReport>& conditions, const Guard& guard) const {
    const auto add = [&](const char* key, ConditionAnswer answer) {
      conditions.push_back(report(guard.kind, key, std::move(answer)));
    };
    const ConditionText words{policy_, question_.evidence, question_.at};
    if (guard.posture) add("posture", words.posture(guard));
    if (guard.during) add("during", words.during(guard));
    if (guard.outside) add("outside", words.outside(guard));
    if (guard.key_age) add("key_age", words.key_age(guard));
    if (guard.proof_age) add("proof_age", words.proof_age(guard));
    if (guard.revocation_age) add("revocation_age", words.revocation_age(guard));
  }

  bool opens_service(const ResolvedRule& rule) const {
    const auto key = service_key(question_.destination);
    return rule.to_any || std::any_of(rule.resources.begin(), rule.resources.end(), [&](std::uint32_t resource) {
             const auto& services = policy_.document.resources[resource].services;
             return covers_[resource] && std::any_of(services.begin(), services.end(),
                                                     [key](const ServiceRange& range) { return range.contains(key); });
           });
  }

  std::string person() const {
    const auto& user = question_.evidence.user;
    std::vector<std::string> groups;
    for (std::uint32_t group = 0; group < policy_.document.groups.size(); ++group) {
      if (facts_.in_group(group)) groups.push_back(policy_.document.groups[group].name);
    }
    const std::string name = user.empty() ? "unknown" : user.text();
    return groups.empty() ? name + ", in no group" : name + ", in " + join_some(groups);
  }

  std::string covering(const ResolvedRule& rule) const {
    std::vector<std::string> found;
    if (rule.to_any) found.push_back("any covers every destination");
    for (const auto resource : rule.resources) {
      if (!covers_[resource]) continue;
      const auto& written = policy_.document.resources[resource];
      found.push_back(written.name + " covers " + question_.destination.address.to_string() + " with " +
                      join_each(written.services, [](const ServiceRange& range) { return to_string(range); }));
    }
    return join_some(found) + "; asked is " + to_string(question_.destination);
  }

  std::string device() const {
    return question_.evidence.device.empty() ? "unknown" : question_.evidence.device.text();
  }

  std::string source() const {
    const auto& address = question_.evidence.source;
    return address.is_unspecified() ? "unknown" : address.to_string();
  }

  std::string networks(const std::vector<std::uint32_t>& indices) const {
    return join_each(indices, [this](std::uint32_t index) {
      const auto& network = policy_.document.networks[index];
      return network.name + " (" +
             join_each(network.prefixes, [](const IpPrefix& prefix) { return prefix.to_string(); }) + ')';
    });
  }

  const ResolvedPolicy& policy_;
  const Explanation& question_;
  SessionFacts facts_;
  std::vector<bool> covers_;  ///< of each resource: some prefix holds the address
};

/// How much a rule has to do with the answer: the deciding one, then what matches, then what nearly matches.
auto relevance(const CandidateRule& candidate, RuleIndex deciding) {
  const auto missing = std::count_if(candidate.conditions.begin(), candidate.conditions.end(),
                                     [](const ConditionReport& condition) { return !condition.met; });
  return std::tuple{candidate.index != deciding, missing, candidate.index};
}

}  // namespace

Explanation explain(const Policy& policy, const Evidence& evidence, const Destination& destination, WallTime now) {
  Explanation answer;
  answer.evidence = evidence;
  answer.destination = destination;
  answer.at = now;
  answer.decision = policy.rights_for(evidence, now)->judge(destination, now);
  answer.policy_hash = policy.hash();
  answer.candidates = Explainer{policy, answer}.candidates();
  const auto deciding = answer.decision.rule;
  std::sort(answer.candidates.begin(), answer.candidates.end(),
            [deciding](const CandidateRule& a, const CandidateRule& b) {
              return relevance(a, deciding) < relevance(b, deciding);
            });
  if (answer.candidates.size() > kMaxCandidates) {
    answer.left_off = answer.candidates.size() - kMaxCandidates;
    answer.candidates.resize(kMaxCandidates);
  }
  return answer;
}

}  // namespace sallyport
