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
  std::string mark{};  ///< of the interface
};

/// Whether the interface of the tunnel can carry IPv6.
enum class Ipv6 : std::uint8_t {
  Usable,
  Off,     ///< there, whatever other interfaces have
  Absent,  ///< this system has none, so nothing of it can leave by another way
};

/// In the order of making: interface, rules, addresses, routes. Where IPv6 is off, what would be routed into the
/// interface is refused: it must not leave by another one.
[[nodiscard]] NetworkChanges plan_network(const InsideSettings& settings, Ipv6 ipv6);

/// Of that interface, or of one that is to be made.
[[nodiscard]] Ipv6 ipv6_of(const std::string& interface);
/// What an administrator sets to 0 to switch it on there.
[[nodiscard]] std::string ipv6_setting(const std::string& interface);

}  // namespace sallyport
