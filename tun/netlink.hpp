#pragma once

#include "common/base/system_error.hpp"
#include "common/ip/address.hpp"
#include "tun/network_config.hpp"

#include <netlink/addr.h>
#include <netlink/cache.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// Ownership and conversions for libnl, for the files of this folder.
namespace sallyport::netlink {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const noexcept {
    release(object);
  }
};

using AddressPtr = std::unique_ptr<nl_addr, Release<nl_addr_put>>;
using CachePtr = std::unique_ptr<nl_cache, Release<nl_cache_free>>;
using MessagePtr = std::unique_ptr<nl_msg, Release<nlmsg_free>>;
using CallbackPtr = std::unique_ptr<nl_cb, Release<nl_cb_put>>;
using LinkPtr = std::unique_ptr<rtnl_link, Release<rtnl_link_put>>;
using InterfaceAddressPtr = std::unique_ptr<rtnl_addr, Release<rtnl_addr_put>>;
using RoutePtr = std::unique_ptr<rtnl_route, Release<rtnl_route_put>>;

[[nodiscard]] inline int family_of(const IpAddress& address) noexcept { return address.is_v4() ? AF_INET : AF_INET6; }

[[nodiscard]] AddressPtr to_netlink(const IpAddress& address, unsigned prefix_length);
/// Nullopt for no address, and for one that is not IP.
[[nodiscard]] std::optional<IpAddress> from_netlink(const nl_addr* address);

/// The words of a negative libnl status, with what to do where that is known.
[[nodiscard]] SystemError error(std::string_view what, int status);

[[nodiscard]] std::string interface_name(int index);

/// What add_address() asks the kernel for, on the interface of that number.
[[nodiscard]] MessagePtr request_to_add(const InterfaceAddress& address, unsigned index);
/// What add_route() asks for first.
[[nodiscard]] MessagePtr request_to_add(const Route& route, unsigned index);

}  // namespace sallyport::netlink
