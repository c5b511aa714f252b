#pragma once

#include "server/policy/resolved_policy.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace sallyport {

/// Cuts all destinations where the set of rules that speak of them changes, within a budget that all cuts share.
class DestinationCells {
 public:
  /// `max_stretches`: prefixes looked at, in all.
  DestinationCells(const ResolvedPolicy& policy, std::size_t max_stretches)
      : policy_{policy},
        max_stretches_{max_stretches},
        any_{static_cast<std::uint32_t>(policy.document.resources.size())} {}

  /// Shows which of `rules` speak of the same destination: sorted sets, some more than once. False: the budget is used
  /// up, and some were not shown.
  [[nodiscard]] bool visit(const std::vector<std::uint32_t>& rules,
                           const std::function<void(const std::vector<std::uint32_t>&)>& show);

 private:
  using Layers = std::vector<std::uint32_t>;
  [[nodiscard]] std::vector<std::uint32_t> rules_at(const Layers& layers) const;
  void visit_address(const Layers& layers, const std::function<void(const std::vector<std::uint32_t>&)>& show) const;

  const ResolvedPolicy& policy_;
  std::size_t max_stretches_;
  std::size_t looked_at_ = 0;
  std::uint32_t any_;  ///< the layer of every destination; the others are resources
  std::vector<std::vector<std::uint32_t>> by_layer_;
};

}  // namespace sallyport
