#pragma once

#include "client/linux/network_change.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace sallyport {

/// Protected networks are looked up in a table of their own before the main one, so that no route of the local network
/// (DHCP option 121, a LAN that uses an office prefix) takes traffic out of the tunnel.
inline constexpr std::uint32_t kTunnelTable = 8383;
inline constexpr std::uint32_t kTunnelRulePriority = 8383;
/// On the outside socket alone: its packets skip the table above.
inline constexpr std::uint32_t kOutsideMark = 0x5350;
/// The stream carrier segments for itself, so the inside keeps the usual size.
inline constexpr unsigned kInsideMtu = 1500;

/// What the machine's network has of ours while a tunnel is up.
struct InsideSettings {
  std::string interface;
  std::vector<IpAddress> addresses;
  std::vector<IpPrefix> routes;
};

/// In the order of making: interface, rules, addresses, routes. Without `ipv6`, nothing of that family: the system has
/// it switched off, so nothing of it can leave by another way either.
[[nodiscard]] NetworkChanges plan_network(const InsideSettings& settings, bool ipv6);

}  // namespace sallyport
