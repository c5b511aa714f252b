#pragma once

#include "common/base/result.hpp"
#include "common/base/system_error.hpp"
#include "common/ip/address.hpp"

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct nl_sock;

namespace sallyport {

/// Marks every route of ours, so that clean-up finds them and nobody else's.
inline constexpr std::uint8_t kRouteProtocol = 83;
inline constexpr std::uint32_t kMainTable = 254;

/// An address with the prefix length of its network: 10.99.0.1/24.
struct InterfaceAddress {
  IpAddress address;
  unsigned prefix_length;
  friend auto operator<=>(const InterfaceAddress&, const InterfaceAddress&) = default;
};

struct Route {
  IpPrefix destination;
  std::string interface;
  std::optional<IpAddress> gateway{};  ///< next hop; none: the destination is on the link
  std::uint32_t metric = 0;
  std::uint32_t table = kMainTable;
  friend auto operator<=>(const Route&, const Route&) = default;
};

/// `ip rule`: which table decides.
struct RoutingRule {
  unsigned version = 4;  ///< 4 or 6
  std::uint32_t priority;
  std::uint32_t table;
  std::optional<std::uint32_t> mark{};  ///< only packets that carry it
  bool invert = false;                  ///< ... or only those that do not
  friend auto operator<=>(const RoutingRule&, const RoutingRule&) = default;
};

/// How the system would send a packet now.
struct Path {
  std::string interface;
  std::optional<IpAddress> gateway;
  std::optional<IpAddress> source;
};

/// Who may attach to a TUN interface without CAP_NET_ADMIN: as this user, and in this group. Without either, everybody.
struct TunAccess {
  std::optional<std::uint32_t> owner{};
  std::optional<std::uint32_t> group{};
  std::uint32_t queues = 1;  ///< that are attached, also such as are switched off
  [[nodiscard]] bool is_for_everybody() const noexcept { return !owner && !group; }
  friend bool operator==(const TunAccess&, const TunAccess&) = default;
};

struct Interface {
  unsigned index;
  std::string name;
};

struct InterfaceState {
  bool is_up = false;
  std::string alias;  ///< empty: none
};

/// Links, addresses and routes of this network namespace, through netlink; needs CAP_NET_ADMIN. Every change is
/// idempotent: adding what is there and removing what is not succeed. Calls wait for the kernel's answer.
class NetworkConfig {
 public:
  template <class T>
  using Outcome = Result<T, SystemError>;

  [[nodiscard]] static Outcome<NetworkConfig> open();

  [[nodiscard]] Outcome<unsigned> index_of(const std::string& interface);
  [[nodiscard]] Outcome<InterfaceState> state_of(const std::string& interface);
  [[nodiscard]] Outcome<bool> is_up(const std::string& interface);
  [[nodiscard]] Outcome<void> set_up(const std::string& interface, bool up = true);
  [[nodiscard]] Outcome<void> set_mtu(const std::string& interface, unsigned mtu);
  /// Both of these in one step.
  [[nodiscard]] Outcome<void> bring_up(const std::string& interface, unsigned mtu);
  [[nodiscard]] Outcome<void> delete_link(const std::string& interface);
  /// Whatever its name is by now.
  [[nodiscard]] Outcome<void> delete_link(const Interface& interface);
  /// Text that stays with it when it gets another name: `ip link` shows it.
  [[nodiscard]] Outcome<void> set_alias(const std::string& interface, const std::string& alias);
  [[nodiscard]] Outcome<std::optional<Interface>> interface_with_alias(const std::string& alias);
  [[nodiscard]] Outcome<TunAccess> access_to(const std::string& interface);

  /// An IPv6 address is usable at once: no duplicate address detection.
  [[nodiscard]] Outcome<void> add_address(const std::string& interface, const InterfaceAddress& address);
  [[nodiscard]] Outcome<void> remove_address(const std::string& interface, const InterfaceAddress& address);
  [[nodiscard]] Outcome<std::vector<InterfaceAddress>> addresses(const std::string& interface);

  /// Replaces our own route to the same destination with the same metric and table.
  [[nodiscard]] Outcome<void> add_route(const Route& route);
  /// The same, and a route of anybody gives way: for tables in which only our routes are to be.
  [[nodiscard]] Outcome<void> replace_route(const Route& route);
  /// add_address() and add_route() of all of them, which are of that interface, by one call to the kernel. False: not
  /// all of them are there; one by one they say why.
  [[nodiscard]] bool add_together(const std::string& interface, const std::vector<InterfaceAddress>& addresses,
                                  const std::vector<Route>& routes);
  /// Packets to `destination` are refused wherever no other route of the table leads. It belongs to no interface and
  /// stays when the process is gone. False: it was there.
  [[nodiscard]] Outcome<bool> add_barrier(const IpPrefix& destination, std::uint32_t table = kMainTable);
  [[nodiscard]] Outcome<void> remove_barrier(const IpPrefix& destination, std::uint32_t table = kMainTable);
  /// Only a route that carries kRouteProtocol.
  [[nodiscard]] Outcome<void> remove_route(const Route& route);
  /// The routes that carry kRouteProtocol, in all tables; sorted.
  [[nodiscard]] Outcome<std::vector<Route>> own_routes();
  /// Whether a route of the main table, of anybody, leads through it.
  [[nodiscard]] Outcome<bool> is_next_hop(const IpAddress& address);
  /// Where a packet to `destination` would go.
  [[nodiscard]] Outcome<Path> path_to(const IpAddress& destination, std::optional<std::uint32_t> mark = {});

  /// False: it was there.
  [[nodiscard]] Outcome<bool> add_rule(const RoutingRule& rule);
  [[nodiscard]] Outcome<void> remove_rule(const RoutingRule& rule);

 private:
  struct CloseSocket {
    void operator()(nl_sock* socket) const noexcept;
  };
  explicit NetworkConfig(std::unique_ptr<nl_sock, CloseSocket> socket) noexcept : socket_{std::move(socket)} {}

  std::unique_ptr<nl_sock, CloseSocket> socket_;
};

}  // namespace sallyport
