#pragma once

#include "common/ip/address.hpp"

#include <compare>
#include <cstdint>
#include <vector>

namespace sallyport {

/// An address of either family as a number that compares in two steps. IPv4 uses `low` alone.
struct AddressKey {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  [[nodiscard]] static AddressKey of(const IpAddress& address) noexcept;
  [[nodiscard]] IpAddress to_address(unsigned version) const noexcept;
  [[nodiscard]] AddressKey next() const noexcept;      ///< wraps to 0
  [[nodiscard]] AddressKey previous() const noexcept;  ///< wraps
  friend auto operator<=>(const AddressKey&, const AddressKey&) = default;
};

/// Where a prefix begins and ends, and what is attached to it.
struct AddressSpan {
  AddressKey first;
  AddressKey last;
  std::uint32_t node = 0;
};

/// Finds the innermost of nested prefixes around an address. One family.
class AddressIndex {
 public:
  static constexpr std::uint32_t kNothing = 0xffffffffU;

  /// `spans` nest or are disjoint, differ, and are sorted by first ascending, then last descending.
  /// Calls `set_parent(node, parent or kNothing)` once for each span, outer ones first.
  template <class SetParent>
  void build(const std::vector<AddressSpan>& spans, SetParent set_parent);

  [[nodiscard]] std::uint32_t find(const AddressKey& key) const noexcept;

  // Segment i runs from start(i) to just before start(i + 1), the last one to the end of the family.
  [[nodiscard]] std::size_t size() const noexcept { return starts_.size(); }
  [[nodiscard]] const AddressKey& start(std::size_t segment) const noexcept { return starts_[segment]; }
  [[nodiscard]] std::uint32_t node(std::size_t segment) const noexcept { return nodes_[segment]; }

 private:
  void begin_segment(const AddressKey& start, std::uint32_t node);
  void close(std::vector<AddressSpan>& open);

  std::vector<AddressKey> starts_;
  std::vector<std::uint32_t> nodes_;
};

template <class SetParent>
void AddressIndex::build(const std::vector<AddressSpan>& spans, SetParent set_parent) {
  std::vector<AddressSpan> open;
  for (const auto& span : spans) {
    while (!open.empty() && open.back().last < span.first) close(open);
    set_parent(span.node, open.empty() ? kNothing : open.back().node);
    begin_segment(span.first, span.node);
    open.push_back(span);
  }
  while (!open.empty()) close(open);
}

}  // namespace sallyport
