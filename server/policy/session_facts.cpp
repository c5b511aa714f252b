#include "server/policy/session_facts.hpp"

#include <algorithm>

namespace sallyport {
namespace {

void append_bits(std::string& out, const std::vector<bool>& bits) {
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (i % 8 == 0) out.push_back('\0');
    if (bits[i]) out.back() = static_cast<char>(static_cast<unsigned char>(out.back()) | (1U << (i % 8)));
  }
}

/// A name that no rule has is as good as any other such name, but not as none.
void append_name(std::string& out, const std::string& name, bool is_in_a_rule) {
  if (name.empty())
    out += '?';
  else if (!is_in_a_rule)
    out += '-';
  else
    out += std::to_string(name.size()) + ':' + name;
}

}  // namespace

SessionFacts::SessionFacts(const ResolvedPolicy& policy, const Evidence& evidence)
    : policy_{policy},
      evidence_{evidence},
      groups_(policy.document.groups.size(), false),
      networks_(policy.document.networks.size(), false) {
  join_groups();
  locate_source();
}

Truth SessionFacts::who(const ResolvedRule& rule) const {
  const auto joined = [this](std::uint32_t group) { return in_group(group); };
  if (rule.everyone || std::any_of(rule.groups.begin(), rule.groups.end(), joined)) return Truth::Yes;
  if (evidence_.user.empty()) return Truth::Unknown;
  return truth_of(std::binary_search(rule.users.begin(), rule.users.end(), evidence_.user.text()));
}

Truth SessionFacts::device(const ResolvedRule& rule) const {
  if (!rule.devices) return Truth::Yes;
  if (evidence_.device.empty()) return Truth::Unknown;
  return truth_of(std::binary_search(rule.devices->begin(), rule.devices->end(), evidence_.device.text()));
}

Truth SessionFacts::from(const ResolvedRule& rule) const {
  if (!rule.from) return Truth::Yes;
  if (evidence_.source.is_unspecified()) return Truth::Unknown;
  return truth_of(source_is_in_any(*rule.from));
}

Truth SessionFacts::not_from(const ResolvedRule& rule) const {
  if (!rule.not_from) return Truth::Yes;
  if (evidence_.source.is_unspecified()) return Truth::Unknown;
  return truth_of(!source_is_in_any(*rule.not_from));
}

bool SessionFacts::satisfies(const ResolvedRule& rule, RuleKind kind) const {
  return is_met(who(rule), kind) && is_met(device(rule), kind) && is_met(from(rule), kind) &&
         is_met(not_from(rule), kind);
}

std::vector<std::uint32_t> SessionFacts::applicable_rules() const {
  const auto& by_person = policy_.rules_by_person;
  std::vector<std::uint32_t> rules = by_person.of_everyone;
  const auto add = [&rules](const std::vector<std::uint32_t>& more) {
    rules.insert(rules.end(), more.begin(), more.end());
  };
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    if (groups_[group]) add(by_person.of_group[group]);
  }
  if (evidence_.user.empty()) add(by_person.of_unknown);
  if (const auto own = by_person.of_user.find(evidence_.user.text()); own != by_person.of_user.end()) add(own->second);
  std::sort(rules.begin(), rules.end());
  rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
  std::erase_if(
      rules, [this](std::uint32_t rule) { return !satisfies(policy_.rules[rule], policy_.document.rules[rule].kind); });
  return rules;
}

std::string SessionFacts::key() const {
  std::string key;
  append_bits(key, groups_);
  append_bits(key, networks_);
  key += evidence_.source.is_unspecified() ? '?' : '-';
  append_name(key, evidence_.user.text(), policy_.rules_by_person.of_user.contains(evidence_.user.text()));
  append_name(key, evidence_.device.text(), policy_.devices_in_rules.contains(evidence_.device.text()));
  return key;
}

/// Direct memberships first, then every group that contains one of them.
void SessionFacts::join_groups() {
  std::vector<std::uint32_t> pending = policy_.groups_of_everyone;
  const auto direct = policy_.groups_of_user.find(evidence_.user.text());
  if (direct != policy_.groups_of_user.end()) {
    pending.insert(pending.end(), direct->second.begin(), direct->second.end());
  }
  while (!pending.empty()) {
    const auto group = pending.back();
    pending.pop_back();
    if (groups_[group]) continue;
    groups_[group] = true;
    pending.insert(pending.end(), policy_.parents[group].begin(), policy_.parents[group].end());
  }
}

void SessionFacts::locate_source() {
  if (evidence_.source.is_unspecified()) return;
  for (std::size_t i = 0; i < networks_.size(); ++i) {
    const auto& prefixes = policy_.document.networks[i].prefixes;
    networks_[i] = std::any_of(prefixes.begin(), prefixes.end(),
                               [this](const IpPrefix& prefix) { return prefix.contains(evidence_.source); });
  }
}

bool SessionFacts::source_is_in_any(const std::vector<std::uint32_t>& networks) const {
  return std::any_of(networks.begin(), networks.end(), [this](std::uint32_t network) { return in_network(network); });
}

}  // namespace sallyport
