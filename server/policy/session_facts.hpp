#pragma once

#include "server/policy/evidence.hpp"
#include "server/policy/resolved_policy.hpp"
#include "server/policy/truth.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace sallyport {

/// Evidence put beside the groups and networks of a policy, once for all rules. Both outlive this.
class SessionFacts {
 public:
  SessionFacts(const ResolvedPolicy& policy, const Evidence& evidence);

  [[nodiscard]] Truth who(const ResolvedRule& rule) const;
  [[nodiscard]] Truth device(const ResolvedRule& rule) const;    ///< Yes when the rule does not ask
  [[nodiscard]] Truth from(const ResolvedRule& rule) const;      ///< Yes when the rule does not ask
  [[nodiscard]] Truth not_from(const ResolvedRule& rule) const;  ///< Yes when the rule does not ask
  /// Everything but destination, time and what the rule's guard asks.
  [[nodiscard]] bool satisfies(const ResolvedRule& rule, RuleKind kind) const;
  /// The rules that are satisfied: sorted indices. Costs the rules that name the person or a group of theirs.
  [[nodiscard]] std::vector<std::uint32_t> applicable_rules() const;
  /// All of it that applicable_rules() depends on, in octets that mean something for this policy only: equal for people
  /// in the same groups whom no rule names. Costs nothing for the rules.
  [[nodiscard]] std::string key() const;

  [[nodiscard]] bool in_group(std::uint32_t group) const { return groups_[group]; }
  [[nodiscard]] bool in_network(std::uint32_t network) const { return networks_[network]; }

 private:
  void join_groups();
  void locate_source();
  [[nodiscard]] bool source_is_in_any(const std::vector<std::uint32_t>& networks) const;

  const ResolvedPolicy& policy_;
  const Evidence& evidence_;
  std::vector<bool> groups_;
  std::vector<bool> networks_;
};

}  // namespace sallyport
