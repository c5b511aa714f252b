#include "client/linux/network_plan.hpp"

#include "common/base/file.hpp"

namespace sallyport {
namespace {

RoutingRule rule_for(unsigned version) { return {version, kTunnelRulePriority, kTunnelTable, kOutsideMark, true}; }

/// Nullopt: there is no such setting.
std::optional<bool> is_off(const std::string& place) {
  const auto text = read_file("/proc/sys/net/ipv6/conf/" + place + "/disable_ipv6", 16);
  if (!text) return std::nullopt;
  return !text->starts_with('0');
}

}  // namespace

NetworkChanges plan_network(const InsideSettings& settings, Ipv6 ipv6) {
  const auto is_usable = [ipv6](const IpAddress& address) { return ipv6 == Ipv6::Usable || address.is_v4(); };
  NetworkChanges changes{TunnelInterface{settings.interface, settings.mark}, rule_for(4)};
  if (ipv6 != Ipv6::Absent) changes.emplace_back(rule_for(6));
  for (const auto& address : settings.addresses) {
    // As a host: the network around it is reachable only as far as the gateway says so.
    if (is_usable(address)) changes.emplace_back(TunnelAddress{settings.interface, {address, address.bit_width()}});
  }
  for (const auto& route : settings.routes) {
    if (is_usable(route.network()))
      changes.emplace_back(Route{route, settings.interface, std::nullopt, 0, kTunnelTable});
    else if (ipv6 == Ipv6::Off)
      changes.emplace_back(Barrier{route, kTunnelTable});
  }
  return changes;
}

/// A new interface begins with the default; `all` is what sets every one of them, and the default, once.
Ipv6 ipv6_of(const std::string& interface) {
  auto off = is_off(interface);
  if (!off) off = is_off("default");
  if (!off) return Ipv6::Absent;
  return *off ? Ipv6::Off : Ipv6::Usable;
}

std::string ipv6_setting(const std::string& interface) { return "net.ipv6.conf." + interface + ".disable_ipv6"; }

}  // namespace sallyport
