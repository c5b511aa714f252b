#pragma once

#include "server/policy/analysis/address_sweep.hpp"
#include "server/policy/destination.hpp"
#include "server/policy/services.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace sallyport {

/// Services as sorted, disjoint ranges that do not touch.
using ServiceSet = std::vector<ServiceRange>;

[[nodiscard]] ServiceSet service_set(std::span<const ServiceRange> ranges);

/// Addresses on which the same services are meant.
struct Band {
  AddressStretch addresses;
  ServiceSet services;  ///< never empty
  friend auto operator<=>(const Band&, const Band&) = default;
};

/// A set of destinations. Equal sets have equal bands: sorted, disjoint, joined where they can be.
class Region {
 public:
  Region() = default;
  [[nodiscard]] static Region of(std::span<const IpPrefix> prefixes, std::span<const ServiceRange> services);
  /// Every address with these services.
  [[nodiscard]] static Region everywhere(const ServiceSet& services);

  /// `band` lies after all others.
  void append(Band band);

  [[nodiscard]] const std::vector<Band>& bands() const noexcept { return bands_; }
  [[nodiscard]] bool empty() const noexcept { return bands_.empty(); }
  [[nodiscard]] bool contains(const Destination& destination) const;

  [[nodiscard]] Region united(const Region& other) const;
  [[nodiscard]] Region without(const Region& other) const;
  [[nodiscard]] Region within(const Region& other) const;
  [[nodiscard]] bool covers(const Region& other) const { return other.without(*this).empty(); }

  /// The bands among which those of `other` lie: what combining with it could change.
  [[nodiscard]] Region around(const Region& other) const;
  /// Becomes without(other), at the cost of what lies around that.
  void remove(const Region& other);

  friend auto operator<=>(const Region&, const Region&) = default;

 private:
  using Bands = std::vector<Band>;
  /// Of one family: from the first to after the last band that lies between the ends of `other`.
  [[nodiscard]] std::pair<std::size_t, std::size_t> span_around(const Region& other, unsigned version) const;

  template <class Combine>
  [[nodiscard]] Region combined(const Region& other, Combine combine) const;

  Bands bands_;
};

}  // namespace sallyport
