#pragma once

#include "common/base/result.hpp"
#include "common/base/system_error.hpp"
#include "server/config/gateway_config.hpp"
#include "server/gateway/masquerade.hpp"
#include "tun/lanes.hpp"

#include <memory>
#include <string>
#include <vector>

namespace sallyport {

/// The gateway's side of the office: TUN queues, the gateway's own inside addresses, optional masquerade.
/// The interface is not persistent: when the process dies it goes, and nothing is forwarded.
struct InsideNetwork {
  std::vector<TunLanes> queues;  ///< one share per worker
  std::unique_ptr<Masquerade> masquerade;
  std::vector<std::string> warnings;  ///< what an administrator should know ("IPv4 forwarding is off; run: ...")
};

[[nodiscard]] Result<InsideNetwork, SystemError> open_inside_network(const GatewayConfig& config, std::size_t workers);

/// The gateway's own address in a pool prefix: its first host.
[[nodiscard]] IpAddress gateway_address(const IpPrefix& pool);

}  // namespace sallyport
