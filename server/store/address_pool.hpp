#pragma once

#include "common/ip/address.hpp"

#include <optional>
#include <span>

namespace sallyport {

/// The addresses of one prefix that devices can have: all but the network's own, the gateway's (the first host) and,
/// for IPv4, the broadcast address. Pure.
class AddressPool {
 public:
  explicit AddressPool(const IpPrefix& prefix) noexcept : prefix_{prefix} {}

  [[nodiscard]] const IpPrefix& prefix() const noexcept { return prefix_; }
  /// The gateway's own inside address.
  [[nodiscard]] IpAddress gateway() const noexcept;
  [[nodiscard]] bool can_lease(const IpAddress& address) const noexcept;

  /// The lowest address that a device can have and that is not in `taken`, which is sorted and of this family.
  /// Nullopt: exhausted.
  [[nodiscard]] std::optional<IpAddress> first_free(std::span<const IpAddress> taken) const;

 private:
  IpPrefix prefix_;
};

}  // namespace sallyport
