#pragma once

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

  static constexpr std::size_t kMaxPairs = 500'000;

 private:
  std::vector<std::vector<Overlap>> overlaps_;
  bool complete_ = true;
};

}  // namespace sallyport
