#pragma once

#include "common/ip/address.hpp"

#include <optional>
#include <vector>

namespace sallyport {

/// The inside networks that devices get their addresses from; at most one of each family.
/// The first host of each is the gateway itself.
struct PoolPrefixes {
  std::optional<IpPrefix> v4;
  std::optional<IpPrefix> v6;

  /// Those that are there, IPv4 first.
  [[nodiscard]] std::vector<IpPrefix> prefixes() const {
    std::vector<IpPrefix> found;
    if (v4) found.push_back(*v4);
    if (v6) found.push_back(*v6);
    return found;
  }

  friend bool operator==(const PoolPrefixes&, const PoolPrefixes&) = default;
};

}  // namespace sallyport
