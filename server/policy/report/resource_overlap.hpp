#pragma once

#include "server/policy/analysis/region.hpp"
#include "server/policy/document.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sallyport {

/// A resource that a rule speaks of without naming it: it shares addresses and services with one that is named.
struct Overlap {
  std::uint32_t resource = 0;
  bool whole = false;  ///< all of it lies in the other; false: at least a part
};

/// Which resources lie in which others.
class ResourceOverlaps {
 public:
  /// `resources` is in canonical order and outlives this.
  explicit ResourceOverlaps(const std::vector<PolicyResource>& resources);

  /// What overlaps `resource`, itself not included: sorted.
  [[nodiscard]] const std::vector<Overlap>& of(std::uint32_t resource) const { return overlaps_[resource]; }
  /// False: there were too many pairs to look at, and some are missing.
  [[nodiscard]] bool complete() const noexcept { return complete_; }

  /// Whether all of `resource` lies in `others` together. False too once kMaxBands were compared.
  [[nodiscard]] bool lies_in(std::uint32_t resource, const std::vector<std::uint32_t>& others);

  static constexpr std::size_t kMaxPairs = 500'000;
  static constexpr std::size_t kMaxBands = 5'000'000;

 private:
  [[nodiscard]] bool lies_in(std::uint32_t inner, std::uint32_t outer) const;

  std::vector<std::vector<Overlap>> overlaps_;
  std::vector<Region> regions_;
  std::size_t bands_compared_ = 0;
  bool complete_ = true;
};

}  // namespace sallyport
