#pragma once

#include "common/ip/address.hpp"

#include <vector>

namespace sallyport {

__extension__ using AddressNumber = unsigned __int128;

/// Addresses of one family as numbers, both ends included.
struct AddressInterval {
  AddressNumber first = 0;
  AddressNumber last = 0;
  friend bool operator==(const AddressInterval&, const AddressInterval&) = default;
};

/// Sorted, disjoint, without neighbours that touch.
using IntervalSet = std::vector<AddressInterval>;

[[nodiscard]] AddressInterval interval_of(const IpRange& range) noexcept;
[[nodiscard]] AddressInterval interval_of(const IpPrefix& prefix) noexcept;
/// `version` is 4 or 6.
[[nodiscard]] IpRange range_of(const AddressInterval& interval, unsigned version) noexcept;

[[nodiscard]] IntervalSet merged(std::vector<AddressInterval> intervals);
[[nodiscard]] IntervalSet intersection(const IntervalSet& a, const IntervalSet& b);
[[nodiscard]] IntervalSet difference(const IntervalSet& a, const IntervalSet& b);
/// The fewest prefixes that hold exactly these addresses, in order.
[[nodiscard]] std::vector<IpPrefix> prefixes_of(const AddressInterval& interval, unsigned version);

}  // namespace sallyport
