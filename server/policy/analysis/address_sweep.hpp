#pragma once

#include "common/ip/address.hpp"
#include "server/policy/address_index.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace sallyport {

/// Addresses of one family from `first` to `last`, both included.
struct AddressStretch {
  unsigned version = 4;
  AddressKey first;
  AddressKey last;

  [[nodiscard]] IpRange range() const { return {first.to_address(version), last.to_address(version)}; }
  friend auto operator<=>(const AddressStretch&, const AddressStretch&) = default;
};

/// Every address of a family.
[[nodiscard]] AddressStretch all_addresses(unsigned version) noexcept;
[[nodiscard]] AddressStretch stretch_of(const IpPrefix& prefix) noexcept;

/// Addresses that belong to a layer; stretches of one layer may overlap.
struct LayerStretch {
  AddressStretch stretch;
  std::uint32_t layer = 0;
};

/// Cuts both families where the set of layers changes and visits every piece, in order, the ones without a layer too.
/// Neighbours differ. `layers` is sorted, each once, and only good during the visit.
void sweep_addresses(
    const std::vector<LayerStretch>& stretches,
    const std::function<void(const AddressStretch& piece, const std::vector<std::uint32_t>& layers)>& visit);

}  // namespace sallyport
