#include "client/session/address_interval.hpp"

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

AddressNumber number_of(const IpAddress& address) noexcept {
  AddressNumber number = 0;
  for (const std::byte octet : address.octets()) number = (number << 8U) | std::to_integer<unsigned>(octet);
  return number;
}

IpAddress address_of(AddressNumber number, unsigned version) noexcept {
  std::array<std::byte, 16> octets{};
  const std::size_t size = version == 4 ? 4 : 16;
  for (std::size_t i = size; i-- > 0; number >>= 8U) octets[i] = static_cast<std::byte>(number & 0xffU);
  return IpAddress::from_octets(Bytes{octets}.first(size));
}

}  // namespace

AddressInterval interval_of(const IpRange& range) noexcept { return {number_of(range.first), number_of(range.last)}; }

AddressInterval interval_of(const IpPrefix& prefix) noexcept {
  return {number_of(prefix.first()), number_of(prefix.last())};
}

IpRange range_of(const AddressInterval& interval, unsigned version) noexcept {
  return {address_of(interval.first, version), address_of(interval.last, version)};
}

IntervalSet merged(std::vector<AddressInterval> intervals) {
  std::sort(intervals.begin(), intervals.end(),
            [](const AddressInterval& a, const AddressInterval& b) { return a.first < b.first; });
  IntervalSet set;
  for (const auto& interval : intervals) {
    // Written without "last + 1", which wraps at the top of IPv6.
    const bool touches = !set.empty() && (interval.first <= set.back().last || interval.first - set.back().last == 1);
    if (touches)
      set.back().last = std::max(set.back().last, interval.last);
    else
      set.push_back(interval);
  }
  return set;
}

IntervalSet intersection(const IntervalSet& a, const IntervalSet& b) {
  IntervalSet set;
  auto left = a.begin();
  auto right = b.begin();
  while (left != a.end() && right != b.end()) {
    const AddressInterval common{std::max(left->first, right->first), std::min(left->last, right->last)};
    if (common.first <= common.last) set.push_back(common);
    if (left->last < right->last)
      ++left;
    else
      ++right;
  }
  return set;
}

IntervalSet difference(const IntervalSet& a, const IntervalSet& b) {
  IntervalSet set;
  auto cut = b.begin();
  for (AddressInterval rest : a) {
    bool is_used_up = false;
    while (cut != b.end() && cut->last < rest.first) ++cut;
    for (auto next = cut; next != b.end() && next->first <= rest.last; ++next) {
      if (rest.first < next->first) set.push_back({rest.first, next->first - 1});
      is_used_up = next->last >= rest.last;
      if (is_used_up) break;
      rest.first = next->last + 1;
    }
    if (!is_used_up) set.push_back(rest);
  }
  return set;
}

std::vector<IpPrefix> prefixes_of(const AddressInterval& interval, unsigned version) {
  const unsigned width = version == 4 ? 32 : 128;
  std::vector<IpPrefix> prefixes;
  for (AddressNumber at = interval.first;;) {
    unsigned host_bits = 0;
    AddressNumber last = at;
    // Grow the block while it stays aligned and inside.
    while (host_bits < width) {
      const AddressNumber bit = AddressNumber{1} << host_bits;
      if ((at & bit) != 0 || interval.last - last < bit) break;
      last += bit;
      ++host_bits;
    }
    prefixes.push_back(IpPrefix::around(address_of(at, version), width - host_bits));
    if (last >= interval.last) return prefixes;
    at = last + 1;
  }
}

}  // namespace sallyport
