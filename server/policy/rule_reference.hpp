#pragma once

#include "server/policy/policy.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace sallyport {

/// A rule as it was called, and where it stood, when it decided.
struct RuleReference {
  RuleKind kind = RuleKind::Deny;
  std::string name;
  std::string file;
  std::uint32_t line = 0;

  friend auto operator<=>(const RuleReference&, const RuleReference&) = default;
};
/// "[deny.outside-hours]"
[[nodiscard]] std::string name_of(const RuleReference& rule);
/// Of `index` in `policy`; nullopt for kNoRule.
[[nodiscard]] std::optional<RuleReference> reference_to(const Policy& policy, RuleIndex index);

}  // namespace sallyport
