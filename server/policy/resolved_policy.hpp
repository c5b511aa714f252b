#pragma once

#include "server/policy/document.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace sallyport {

/// What a rule asks of time and of dated evidence. Rules that ask the same share one guard.
struct Guard {
  RuleKind kind = RuleKind::Deny;  ///< decides what unknown answers mean
  std::optional<std::vector<std::uint32_t>> posture;
  std::optional<std::vector<std::uint32_t>> during;
  std::optional<std::vector<std::uint32_t>> outside;
  std::optional<std::chrono::seconds> key_age;
  std::optional<std::chrono::seconds> proof_age;
  std::optional<std::chrono::seconds> revocation_age;

  friend auto operator<=>(const Guard&, const Guard&) = default;
};

/// A rule whose names have become indices into the lists of the document. Every list is sorted.
struct ResolvedRule {
  bool everyone = false;
  std::vector<std::uint32_t> groups;
  std::vector<std::string> users;
  bool to_any = false;
  std::vector<std::uint32_t> resources;
  std::optional<std::vector<std::uint32_t>> from;      ///< networks
  std::optional<std::vector<std::uint32_t>> not_from;  ///< networks
  std::optional<std::vector<std::string>> devices;
  std::uint32_t guard = 0;  ///< index into ResolvedPolicy::guards
};

/// The rules that may speak of a person, by what they name. A rule stands in every list that names it.
struct RulesByPerson {
  std::vector<std::uint32_t> of_everyone;
  std::vector<std::vector<std::uint32_t>> of_group;  ///< parallel to the groups of the document
  std::unordered_map<std::string, std::vector<std::uint32_t>> of_user;
  std::vector<std::uint32_t> of_unknown;  ///< deny rules: a person who is not known meets what they ask
};

/// The parsed model with its names looked up. `document` is in canonical order: every list by name, rules by kind
/// first.
struct ResolvedPolicy {
  PolicyDocument document;
  std::vector<ResolvedRule> rules;  ///< parallel to document.rules
  std::vector<Guard> guards;        ///< sorted, each once
  RulesByPerson rules_by_person;
  std::unordered_set<std::string> devices_in_rules;
  std::unordered_map<std::string, std::vector<std::uint32_t>> groups_of_user;  ///< direct membership
  std::vector<std::uint32_t> groups_of_everyone;    ///< groups that name "everyone" as a member
  std::vector<std::vector<std::uint32_t>> parents;  ///< of each group: the groups that name it as a member
  std::string hash;
};

}  // namespace sallyport
