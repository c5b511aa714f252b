#include "client/linux/network_plan.hpp"

namespace sallyport {
namespace {

RoutingRule rule_for(unsigned version) { return {version, kTunnelRulePriority, kTunnelTable, kOutsideMark, true}; }

}  // namespace

NetworkChanges plan_network(const InsideSettings& settings, bool ipv6) {
  const auto is_usable = [ipv6](const IpAddress& address) { return ipv6 || address.is_v4(); };
  NetworkChanges changes{TunnelInterface{settings.interface}, rule_for(4)};
  if (ipv6) changes.emplace_back(rule_for(6));
  for (const auto& address : settings.addresses) {
    // As a host: the network around it is reachable only as far as the gateway says so.
    if (is_usable(address)) changes.emplace_back(TunnelAddress{settings.interface, {address, address.bit_width()}});
  }
  for (const auto& route : settings.routes) {
    if (is_usable(route.network())) {
      changes.emplace_back(Route{route, settings.interface, std::nullopt, 0, kTunnelTable});
    }
  }
  return changes;
}

}  // namespace sallyport
