#pragma once

#include "common/base/time.hpp"
#include "common/ip/address.hpp"

#include <optional>

namespace sallyport {

/// The inside addresses of one device. They stay its own until it is revoked and the pool runs dry.
struct Lease {
  std::optional<IpAddress> v4;
  std::optional<IpAddress> v6;
  WallTime last_seen{};

  friend bool operator==(const Lease&, const Lease&) = default;
};

}  // namespace sallyport
