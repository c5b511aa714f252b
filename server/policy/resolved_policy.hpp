#pragma once

#include "server/policy/document.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace sallyport {

/// A rule whose names have become indices into the lists of the document.
struct ResolvedRule {
  bool everyone = false;
  std::vector<std::uint32_t> groups;
  std::vector<std::string> users;  ///< sorted
  bool to_any = false;
  std::vector<std::uint32_t> resources;
  std::optional<std::vector<std::uint32_t>> from;      ///< networks
  std::optional<std::vector<std::uint32_t>> not_from;  ///< networks
  std::optional<std::vector<std::string>> devices;     ///< sorted
};

/// The parsed model with its names looked up. `document` is in canonical order: every list by name, rules by kind
/// first.
struct ResolvedPolicy {
  PolicyDocument document;
  std::vector<ResolvedRule> rules;                                             ///< parallel to document.rules
  std::unordered_map<std::string, std::vector<std::uint32_t>> groups_of_user;  ///< direct membership
  std::vector<std::uint32_t> groups_of_everyone;    ///< groups that name "everyone" as a member
  std::vector<std::vector<std::uint32_t>> parents;  ///< of each group: the groups that name it as a member
  std::string hash;
};

}  // namespace sallyport
