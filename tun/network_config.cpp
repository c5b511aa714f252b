#include "tun/network_config.hpp"

#include "tun/netlink.hpp"

#include <net/if.h>
#include <netlink/errno.h>

#include <linux/if_addr.h>

#include <algorithm>

namespace sallyport {
namespace {

template <class T>
using Outcome = NetworkConfig::Outcome<T>;

netlink::LinkPtr link_with(unsigned index) {
  netlink::LinkPtr link{rtnl_link_alloc()};
  rtnl_link_set_ifindex(link.get(), static_cast<int>(index));
  return link;
}

Outcome<void> change_link(nl_sock* socket, unsigned index, rtnl_link* changes, const std::string& what) {
  const auto link = link_with(index);
  const int status = rtnl_link_change(socket, link.get(), changes, 0);
  if (status < 0) return fail(netlink::error(what, status));
  return {};
}

netlink::InterfaceAddressPtr to_netlink(unsigned index, const InterfaceAddress& address) {
  netlink::InterfaceAddressPtr out{rtnl_addr_alloc()};
  rtnl_addr_set_ifindex(out.get(), static_cast<int>(index));
  rtnl_addr_set_local(out.get(), netlink::to_netlink(address.address, address.prefix_length).get());
  if (!address.address.is_v4()) rtnl_addr_set_flags(out.get(), IFA_F_NODAD);
  return out;
}

std::string to_string(const InterfaceAddress& address) {
  return address.address.to_string() + '/' + std::to_string(address.prefix_length);
}

}  // namespace

netlink::MessagePtr netlink::request_to_add(const InterfaceAddress& address, unsigned index) {
  nl_msg* request = nullptr;
  (void)rtnl_addr_build_add_request(sallyport::to_netlink(index, address).get(), 0, &request);
  return MessagePtr{request};
}

void NetworkConfig::CloseSocket::operator()(nl_sock* socket) const noexcept { nl_socket_free(socket); }

Outcome<NetworkConfig> NetworkConfig::open() {
  std::unique_ptr<nl_sock, CloseSocket> socket{nl_socket_alloc()};
  if (!socket) return fail(system_error("cannot make a netlink socket", ENOMEM));
  if (const int status = nl_connect(socket.get(), NETLINK_ROUTE); status < 0) {
    return fail(netlink::error("cannot make a netlink socket", status));
  }
  return NetworkConfig{std::move(socket)};
}

Outcome<unsigned> NetworkConfig::index_of(const std::string& interface) {
  const unsigned index = ::if_nametoindex(interface.c_str());
  if (index == 0) return fail(SystemError{ENODEV, "there is no interface " + interface});
  return index;
}

Outcome<InterfaceState> NetworkConfig::state_of(const std::string& interface) {
  rtnl_link* found = nullptr;
  const int status = rtnl_link_get_kernel(socket_.get(), 0, interface.c_str(), &found);
  if (status < 0) return fail(netlink::error("cannot look at the interface " + interface, status));
  const netlink::LinkPtr link{found};
  const char* alias = rtnl_link_get_ifalias(found);
  return InterfaceState{(rtnl_link_get_flags(found) & static_cast<unsigned>(IFF_UP)) != 0,
                        alias == nullptr ? std::string{} : std::string{alias}};
}

Outcome<bool> NetworkConfig::is_up(const std::string& interface) {
  const auto state = state_of(interface);
  if (!state) return fail(state.error());
  return state->is_up;
}

Outcome<void> NetworkConfig::set_up(const std::string& interface, bool up) {
  const auto index = index_of(interface);
  if (!index) return fail(index.error());
  const netlink::LinkPtr changes{rtnl_link_alloc()};
  if (up) {
    rtnl_link_set_flags(changes.get(), IFF_UP);
  } else {
    rtnl_link_unset_flags(changes.get(), IFF_UP);
  }
  return change_link(socket_.get(), *index, changes.get(), "cannot switch " + interface + (up ? " on" : " off"));
}

Outcome<void> NetworkConfig::set_mtu(const std::string& interface, unsigned mtu) {
  const auto index = index_of(interface);
  if (!index) return fail(index.error());
  const netlink::LinkPtr changes{rtnl_link_alloc()};
  rtnl_link_set_mtu(changes.get(), mtu);
  return change_link(socket_.get(), *index, changes.get(),
                     "cannot set the MTU of " + interface + " to " + std::to_string(mtu));
}

Outcome<void> NetworkConfig::bring_up(const std::string& interface, unsigned mtu) {
  const auto index = index_of(interface);
  if (!index) return fail(index.error());
  const netlink::LinkPtr changes{rtnl_link_alloc()};
  rtnl_link_set_flags(changes.get(), IFF_UP);
  rtnl_link_set_mtu(changes.get(), mtu);
  return change_link(socket_.get(), *index, changes.get(),
                     "cannot switch " + interface + " on with an MTU of " + std::to_string(mtu));
}

Outcome<void> NetworkConfig::delete_link(const std::string& interface) {
  const auto index = index_of(interface);
  if (!index) return {};
  return delete_link(Interface{*index, interface});
}

Outcome<void> NetworkConfig::delete_link(const Interface& interface) {
  const int status = rtnl_link_delete(socket_.get(), link_with(interface.index).get());
  if (status < 0 && status != -NLE_NODEV)
    return fail(netlink::error("cannot remove the interface " + interface.name, status));
  return {};
}

Outcome<void> NetworkConfig::set_alias(const std::string& interface, const std::string& alias) {
  const auto index = index_of(interface);
  if (!index) return fail(index.error());
  const netlink::LinkPtr changes{rtnl_link_alloc()};
  rtnl_link_set_ifalias(changes.get(), alias.c_str());
  return change_link(socket_.get(), *index, changes.get(), "cannot set the alias of " + interface);
}

Outcome<std::optional<Interface>> NetworkConfig::interface_with_alias(const std::string& alias) {
  nl_cache* raw = nullptr;
  if (const int status = rtnl_link_alloc_cache(socket_.get(), AF_UNSPEC, &raw); status < 0)
    return fail(netlink::error("cannot list interfaces", status));
  const netlink::CachePtr cache{raw};
  for (nl_object* object = nl_cache_get_first(raw); object != nullptr; object = nl_cache_get_next(object)) {
    auto* link = reinterpret_cast<rtnl_link*>(object);
    const char* found = rtnl_link_get_ifalias(link);
    if (found != nullptr && alias == found)
      return std::optional{Interface{static_cast<unsigned>(rtnl_link_get_ifindex(link)), rtnl_link_get_name(link)}};
  }
  return std::optional<Interface>{};
}

Outcome<void> NetworkConfig::add_address(const std::string& interface, const InterfaceAddress& address) {
  const auto index = index_of(interface);
  if (!index) return fail(index.error());
  const int status = rtnl_addr_add(socket_.get(), to_netlink(*index, address).get(), 0);
  if (status < 0 && status != -NLE_EXIST) {
    return fail(netlink::error("cannot give " + interface + " the address " + to_string(address), status));
  }
  return {};
}

Outcome<void> NetworkConfig::remove_address(const std::string& interface, const InterfaceAddress& address) {
  const auto index = index_of(interface);
  if (!index) return {};
  const int status = rtnl_addr_delete(socket_.get(), to_netlink(*index, address).get(), 0);
  if (status < 0 && status != -NLE_NOADDR && status != -NLE_NODEV) {
    return fail(netlink::error("cannot take the address " + to_string(address) + " from " + interface, status));
  }
  return {};
}

Outcome<std::vector<InterfaceAddress>> NetworkConfig::addresses(const std::string& interface) {
  const auto index = index_of(interface);
  if (!index) return fail(index.error());
  nl_cache* raw = nullptr;
  if (const int status = rtnl_addr_alloc_cache(socket_.get(), &raw); status < 0) {
    return fail(netlink::error("cannot list addresses", status));
  }
  const netlink::CachePtr cache{raw};
  std::vector<InterfaceAddress> found;
  for (nl_object* object = nl_cache_get_first(raw); object != nullptr; object = nl_cache_get_next(object)) {
    auto* entry = reinterpret_cast<rtnl_addr*>(object);
    if (rtnl_addr_get_ifindex(entry) != static_cast<int>(*index)) continue;
    const auto address = netlink::from_netlink(rtnl_addr_get_local(entry));
    if (address) found.push_back({*address, static_cast<unsigned>(rtnl_addr_get_prefixlen(entry))});
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace sallyport
