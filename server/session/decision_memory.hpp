#pragma once

#include "common/base/time.hpp"
#include "server/policy/decision.hpp"
#include "server/policy/destination.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sallyport {

/// Which allowed destinations of a session were recorded in this hour already. Bounded: a destination that lost its
/// place to another one is recorded once more. Pure.
class DecisionMemory {
 public:
  [[nodiscard]] bool knows(const Destination& destination, RuleIndex rule, WallTime now) const {
    const std::uint64_t mark = mark_of(destination, rule, now);
    return !marks_.empty() && marks_[mark & (kPlaces - 1)] == mark;
  }
  void remember(const Destination& destination, RuleIndex rule, WallTime now) {
    if (marks_.empty()) marks_.resize(kPlaces);
    const std::uint64_t mark = mark_of(destination, rule, now);
    marks_[mark & (kPlaces - 1)] = mark;
  }
  /// A new policy: everything is news.
  void clear() noexcept { marks_.clear(); }

 private:
  static constexpr std::size_t kPlaces = 256;

  /// 64 bits of hash: two destinations that share one cost a record, never an access.
  static std::uint64_t mark_of(const Destination& destination, RuleIndex rule, WallTime now) noexcept {
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15U;
    const auto hours = static_cast<std::uint64_t>(now.time_since_epoch().count() / 3600);
    std::uint64_t hash = hours * kOdd + static_cast<std::uint32_t>(rule);
    hash = (hash ^ (std::uint64_t{destination.protocol} << 16U) ^ destination.port) * kOdd;
    for (const std::byte octet : destination.address.octets()) hash = (hash ^ std::to_integer<unsigned>(octet)) * kOdd;
    hash ^= hash >> 32U;
    return hash | 1U << 8U;  // never the mark of an empty place
  }

  std::vector<std::uint64_t> marks_;
};

}  // namespace sallyport
