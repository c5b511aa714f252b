#include "server/policy/posture_needs.hpp"

#include "server/policy/guard.hpp"
#include "server/policy/session_facts.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace sallyport {
namespace {

PostureState state_of(Truth truth) {
  switch (truth) {
    case Truth::Yes:
      return PostureState::Holds;
    case Truth::No:
      return PostureState::Fails;
    case Truth::Unknown:
      return PostureState::Unknown;
  }
  return PostureState::Unknown;
}

/// The checks that the rules behind `rights` name.
std::set<std::uint32_t> checks_behind(const ResolvedPolicy& policy, const Rights& rights) {
  std::set<std::uint32_t> checks;
  for (const auto index : rights.table()->guards()) {
    if (const auto& posture = policy.guards[index].posture) checks.insert(posture->begin(), posture->end());
  }
  return checks;
}

/// One list of checks for each rule that opens something once one of them holds.
std::vector<const std::vector<std::uint32_t>*> alternatives_for(const ResolvedPolicy& policy, const Evidence& evidence,
                                                                WallTime now) {
  std::vector<const std::vector<std::uint32_t>*> lists;
  for (const auto index : SessionFacts{policy, evidence}.applicable_rules()) {
    const auto& rule = policy.document.rules[index];
    const auto& posture = policy.guards[policy.rules[index].guard].posture;
    const bool opens = rule.kind == RuleKind::Allow && rule.rollout == Rollout::Enforce;
    if (opens && posture && (!rule.until || now < *rule.until)) lists.push_back(&*posture);
  }
  return lists;
}

StandingCheck standing_of(const PolicyPosture& posture, const Evidence& evidence, WallTime now) {
  StandingCheck check{posture.name, state_of(judge_posture(posture, evidence, now).truth), false, {}};
  for (auto& line : compare(posture.check, evidence.posture.report.value_or(PostureReport{}))) {
    check.lines.push_back(
        {std::move(line.key), std::move(line.required), std::move(line.actual), state_of(line.truth)});
  }
  return check;
}

}  // namespace

PostureWants posture_wants(const Policy& policy, const Rights& rights) {
  std::set<std::string> processes;
  std::set<std::string> files;
  for (const auto index : checks_behind(policy.resolved(), rights)) {
    const auto& check = policy.resolved().document.postures[index].check;
    processes.insert(check.processes.begin(), check.processes.end());
    files.insert(check.files.begin(), check.files.end());
  }
  return {{processes.begin(), processes.end()}, {files.begin(), files.end()}};
}

std::map<std::string, PostureState, std::less<>> posture_verdicts(const Policy& policy, const Rights& rights,
                                                                  const Evidence& evidence, WallTime now) {
  std::map<std::string, PostureState, std::less<>> verdicts;
  for (const auto index : checks_behind(policy.resolved(), rights)) {
    const auto& posture = policy.resolved().document.postures[index];
    verdicts.emplace(posture.name, state_of(judge_posture(posture, evidence, now).truth));
  }
  return verdicts;
}

PostureStanding posture_standing(const Policy& policy, const Evidence& evidence, WallTime now) {
  const auto& resolved = policy.resolved();
  std::map<std::uint32_t, StandingCheck> checks;
  for (const auto* list : alternatives_for(resolved, evidence, now)) {
    bool one_holds = false;
    for (const auto index : *list) {
      const auto found = checks.try_emplace(index, standing_of(resolved.document.postures[index], evidence, now)).first;
      one_holds |= found->second.state == PostureState::Holds;
    }
    for (const auto index : *list) {
      auto& check = checks.at(index);
      check.needed |= !one_holds || check.state == PostureState::Holds;
    }
  }
  PostureStanding standing;
  for (auto& [index, check] : checks) standing.checks.push_back(std::move(check));
  return standing;
}

}  // namespace sallyport
