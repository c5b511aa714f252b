#pragma once

#include "server/policy/report/resource_overlap.hpp"
#include "server/policy/resolved_policy.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace sallyport {

/// How a rule speaks of a resource.
struct RuleSpan {
  std::uint32_t resource = 0;
  bool whole = true;                   ///< of all of it; false: of a part at least
  std::vector<std::uint32_t> through;  ///< named resources that overlap it, sorted; none: it is named itself
};

/// What each rule of a policy speaks of, by name and through overlaps.
class RuleSpans {
 public:
  /// `policy` outlives this.
  explicit RuleSpans(const ResolvedPolicy& policy);

  [[nodiscard]] bool complete() const noexcept { return overlaps_.complete(); }
  /// In order of the resources.
  void for_each(std::uint32_t rule, const std::function<void(const RuleSpan&)>& visit);

 private:
  [[nodiscard]] std::vector<RuleSpan> find(std::uint32_t rule);

  /// What is remembered of rules that were asked about; above this they are looked at again.
  static constexpr std::size_t kMaxRemembered = 1'000'000;

  const ResolvedPolicy& policy_;
  ResourceOverlaps overlaps_;
  std::vector<std::optional<std::vector<RuleSpan>>> known_;  ///< by rule
  std::size_t remembered_ = 0;
};

}  // namespace sallyport
