#pragma once

#include "common/base/ids.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/ip/address.hpp"
#include "server/config/pool_prefixes.hpp"
#include "server/policy/policy.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace sallyport {

/// However its tool fares, a drill is over after this.
inline constexpr std::chrono::seconds kLongestDrill{60};

/// A drill under way: one device that may connect, and all that it may reach.
struct Drill {
  DeviceId device;
  std::shared_ptr<const Policy> policy;  ///< in place of the administrator's
  TimePoint ends;
};

/// The gateway's own inside address that drills send to.
[[nodiscard]] IpAddress drill_target(const PoolPrefixes& pool);

/// The policy that lets the drill's person send UDP to this one port, and nobody anything else. The error is words.
[[nodiscard]] Result<std::shared_ptr<const Policy>, std::string> drill_policy(const IpAddress& target,
                                                                              std::uint16_t port);

}  // namespace sallyport
