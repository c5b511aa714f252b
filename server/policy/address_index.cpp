#include "server/policy/address_index.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace sallyport {
namespace {

constexpr std::uint64_t kMaxHalf = std::numeric_limits<std::uint64_t>::max();

std::uint64_t load_be64(Bytes bytes) noexcept {
  return (std::uint64_t{load_be32(bytes)} << 32U) | load_be32(bytes.subspan(4));
}

void store_be64(MutableBytes out, std::uint64_t value) noexcept {
  store_be32(out, static_cast<std::uint32_t>(value >> 32U));
  store_be32(out.subspan(4), static_cast<std::uint32_t>(value & 0xffffffffU));
}

}  // namespace

AddressKey AddressKey::of(const IpAddress& address) noexcept {
  const Bytes octets = address.octets();
  if (address.is_v4()) return AddressKey{0, load_be32(octets)};
  return AddressKey{load_be64(octets), load_be64(octets.subspan(8))};
}

IpAddress AddressKey::to_address(unsigned version) const noexcept {
  if (version == 4) return IpAddress::v4(static_cast<std::uint32_t>(low & 0xffffffffU));
  std::array<std::byte, 16> octets{};
  store_be64(octets, high);
  store_be64(MutableBytes{octets}.subspan(8), low);
  return IpAddress::from_octets(octets);
}

AddressKey AddressKey::next() const noexcept { return AddressKey{low == kMaxHalf ? high + 1 : high, low + 1}; }

AddressKey AddressKey::previous() const noexcept { return AddressKey{low == 0 ? high - 1 : high, low - 1}; }

std::uint32_t AddressIndex::find(const AddressKey& key) const noexcept {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), key);
  if (after == starts_.begin()) return kNothing;
  return nodes_[static_cast<std::size_t>(after - starts_.begin()) - 1];
}

void AddressIndex::begin_segment(const AddressKey& start, std::uint32_t node) {
  if (!starts_.empty() && starts_.back() == start) {
    nodes_.back() = node;
    return;
  }
  starts_.push_back(start);
  nodes_.push_back(node);
}

/// After the innermost open span its surroundings go on, unless the family ends with it.
void AddressIndex::close(std::vector<AddressSpan>& open) {
  const AddressKey after = open.back().last.next();
  open.pop_back();
  if (after != AddressKey{}) begin_segment(after, open.empty() ? kNothing : open.back().node);
}

}  // namespace sallyport
