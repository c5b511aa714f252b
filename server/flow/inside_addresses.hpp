#pragma once

#include "common/ip/address.hpp"

#include <optional>

namespace sallyport {

/// The inside addresses of one device. An absent family carries no packets.
struct InsideAddresses {
  std::optional<IpAddress> v4;
  std::optional<IpAddress> v6;

  [[nodiscard]] bool contains(const IpAddress& address) const noexcept {
    return (address.is_v4() ? v4 : v6) == address;
  }

  friend bool operator==(const InsideAddresses&, const InsideAddresses&) = default;
};

}  // namespace sallyport
