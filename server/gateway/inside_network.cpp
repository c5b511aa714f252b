#include "server/gateway/inside_network.hpp"

#include "common/base/file.hpp"
#include "tun/network_config.hpp"

namespace sallyport {
namespace {

void warn_unless_forwarding(const char* path, const char* family, std::vector<std::string>& warnings) {
  const auto value = read_file(path);
  if (value && value->substr(0, 1) == "1") return;
  const std::string name = std::string{path}.substr(sizeof "/proc/sys/" - 1);
  warnings.push_back(std::string{family} + " forwarding is off, so nothing reaches the office; run: sysctl -w " + name +
                     "=1");
}

Result<void, SystemError> configure_link(const GatewayConfig& config, const std::vector<IpPrefix>& pool) {
  auto network = NetworkConfig::open();
  if (!network) return fail(network.error());
  // Without this the office's answers would leave by the default route, in clear, while no gateway runs.
  for (const auto& prefix : pool) {
    if (auto done = network->add_barrier(prefix); !done) return fail(done.error());
  }
  if (auto done = network->set_mtu(config.tun.name, config.tun.mtu); !done) return done;
  if (auto done = network->set_up(config.tun.name); !done) return done;
  // An address with the pool's length is also the route to the pool.
  for (const auto& prefix : pool) {
    const InterfaceAddress own{gateway_address(prefix), prefix.length()};
    if (auto done = network->add_address(config.tun.name, own); !done) return done;
  }
  return {};
}

}  // namespace

IpAddress gateway_address(const IpPrefix& pool) { return pool.network().next().value_or(pool.network()); }

Result<InsideNetwork, SystemError> open_inside_network(const GatewayConfig& config, std::size_t workers) {
  InsideNetwork inside;
  std::uint32_t opened = 0;
  for (std::size_t i = 0; i < workers; ++i) {
    auto queue = TunLanes::open(config.tun.name, {.offload = true, .queues_before = opened});
    if (!queue) return fail(queue.error());
    opened += static_cast<std::uint32_t>(queue->descriptors().size());
    inside.queues.push_back(std::move(*queue));
  }
  const std::vector<IpPrefix> pool = config.pool.prefixes();
  if (auto done = configure_link(config, pool); !done) return fail(done.error());
  if (config.masquerade) {
    auto masquerade = Masquerade::install(pool, config.masquerade->interface, config.tun.name);
    if (!masquerade) return fail(masquerade.error());
    inside.masquerade = std::move(*masquerade);
  }
  for (const auto& prefix : pool) {
    if (prefix.network().is_v4())
      warn_unless_forwarding("/proc/sys/net/ipv4/ip_forward", "IPv4", inside.warnings);
    else
      warn_unless_forwarding("/proc/sys/net/ipv6/conf/all/forwarding", "IPv6", inside.warnings);
  }
  return inside;
}

}  // namespace sallyport
