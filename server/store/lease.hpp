#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "common/ip/address.hpp"

#include <optional>
#include <vector>

namespace sallyport {

/// The inside addresses of one device. They stay its own until the pool runs dry.
struct Lease {
  std::optional<IpAddress> v4;
  std::optional<IpAddress> v6;
  WallTime last_seen{};
  std::vector<DeviceId> taken_from{};  ///< that lost theirs to it just now

  friend bool operator==(const Lease&, const Lease&) = default;
};

}  // namespace sallyport
