#pragma once

#include "common/ip/address.hpp"

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

 private:
  IpPrefix prefix_;
};

}  // namespace sallyport
