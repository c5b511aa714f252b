#include "tun/netlink.hpp"
#include "tun/network_config.hpp"

#include <netlink/errno.h>
#include <netlink/route/nexthop.h>

#include <linux/rtnetlink.h>

#include <algorithm>

namespace sallyport {
namespace {

template <class T>
using Outcome = NetworkConfig::Outcome<T>;

/// What Linux makes of an IPv6 route without a metric.
constexpr std::uint32_t kIpv6Metric = 1024;
/// After every route of anybody.
constexpr std::uint32_t kBarrierMetric = 0xfffffffe;

/// The route as the kernel will list it.
Route as_listed(Route route) {
  if (route.metric == 0 && !route.destination.network().is_v4()) route.metric = kIpv6Metric;
  return route;
}

netlink::RoutePtr to_netlink(const Route& route, unsigned index) {
  netlink::RoutePtr out{rtnl_route_alloc()};
  const auto& network = route.destination.network();
  rtnl_route_set_family(out.get(), static_cast<std::uint8_t>(netlink::family_of(network)));
  rtnl_route_set_dst(out.get(), netlink::to_netlink(network, route.destination.length()).get());
  rtnl_route_set_table(out.get(), route.table);
  rtnl_route_set_protocol(out.get(), kRouteProtocol);
  rtnl_route_set_priority(out.get(), route.metric);
  rtnl_route_set_type(out.get(), RTN_UNICAST);
  const bool direct = network.is_v4() && !route.gateway;
  rtnl_route_set_scope(out.get(), direct ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
  rtnl_nexthop* hop = rtnl_route_nh_alloc();
  rtnl_route_nh_set_ifindex(hop, static_cast<int>(index));
  if (route.gateway) {
    rtnl_route_nh_set_gateway(hop, netlink::to_netlink(*route.gateway, route.gateway->bit_width()).get());
  }
  rtnl_route_add_nexthop(out.get(), hop);
  return out;
}

netlink::RoutePtr barrier_to(const IpPrefix& destination, std::uint32_t table) {
  netlink::RoutePtr out{rtnl_route_alloc()};
  const auto& network = destination.network();
  rtnl_route_set_family(out.get(), static_cast<std::uint8_t>(netlink::family_of(network)));
  rtnl_route_set_dst(out.get(), netlink::to_netlink(network, destination.length()).get());
  rtnl_route_set_table(out.get(), table);
  rtnl_route_set_protocol(out.get(), kRouteProtocol);
  rtnl_route_set_priority(out.get(), kBarrierMetric);
  rtnl_route_set_type(out.get(), RTN_UNREACHABLE);
  rtnl_route_set_scope(out.get(), RT_SCOPE_UNIVERSE);
  return out;
}

/// Nullopt for what none of ours can be: several next hops, or no interface any more.
std::optional<Route> from_netlink(rtnl_route* entry) {
  if (rtnl_route_get_nnexthops(entry) != 1) return std::nullopt;
  const nl_addr* destination = rtnl_route_get_dst(entry);
  if (destination == nullptr) return std::nullopt;
  // The default route comes as an address of no octets.
  const bool is_v4 = rtnl_route_get_family(entry) == AF_INET;
  const auto unspecified = is_v4 ? IpPrefix::parse("0.0.0.0/0") : IpPrefix::parse("::/0");
  const auto network = netlink::from_netlink(destination).value_or(unspecified->network());
  const auto prefix = IpPrefix::make(network, nl_addr_get_prefixlen(destination));
  rtnl_nexthop* hop = rtnl_route_nexthop_n(entry, 0);
  auto interface = netlink::interface_name(rtnl_route_nh_get_ifindex(hop));
  if (!prefix || interface.empty()) return std::nullopt;
  return Route{*prefix, std::move(interface), netlink::from_netlink(rtnl_route_nh_get_gateway(hop)),
               rtnl_route_get_priority(entry), rtnl_route_get_table(entry)};
}

bool leads_through(rtnl_route* entry, const IpAddress& address) {
  for (int i = 0; i < rtnl_route_get_nnexthops(entry); ++i) {
    if (netlink::from_netlink(rtnl_route_nh_get_gateway(rtnl_route_nexthop_n(entry, i))) == address) return true;
  }
  return false;
}

bool same_place(const Route& a, const Route& b) noexcept {
  return a.destination == b.destination && a.metric == b.metric && a.table == b.table;
}

std::string to_string(const Route& route) { return route.destination.to_string() + " through " + route.interface; }

int keep_route(nl_msg* message, void* found) {
  rtnl_route* route = nullptr;
  if (rtnl_route_parse(nlmsg_hdr(message), &route) == 0) static_cast<netlink::RoutePtr*>(found)->reset(route);
  return NL_OK;
}

netlink::MessagePtr path_question(const IpAddress& destination, std::optional<std::uint32_t> mark) {
  netlink::MessagePtr message{nlmsg_alloc_simple(RTM_GETROUTE, 0)};
  rtmsg header{};
  header.rtm_family = static_cast<unsigned char>(netlink::family_of(destination));
  header.rtm_dst_len = static_cast<unsigned char>(destination.bit_width());
  nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
  nla_put(message.get(), RTA_DST, static_cast<int>(destination.octets().size()), destination.octets().data());
  if (mark) nla_put_u32(message.get(), RTA_MARK, *mark);
  return message;
}

}  // namespace

netlink::MessagePtr netlink::request_to_add(const Route& route, unsigned index) {
  nl_msg* request = nullptr;
  (void)rtnl_route_build_add_request(sallyport::to_netlink(as_listed(route), index).get(), NLM_F_CREATE | NLM_F_EXCL,
                                     &request);
  return MessagePtr{request};
}

Outcome<void> NetworkConfig::add_route(const Route& wanted) {
  const auto route = as_listed(wanted);
  const auto index = index_of(route.interface);
  if (!index) return fail(index.error());
  const auto entry = to_netlink(route, *index);
  const int status = rtnl_route_add(socket_.get(), entry.get(), NLM_F_CREATE | NLM_F_EXCL);
  if (status != -NLE_EXIST) {
    if (status < 0) return fail(netlink::error("cannot add the route " + to_string(route), status));
    return {};
  }
  const auto own = own_routes();
  if (!own) return fail(own.error());
  const auto there =
      std::find_if(own->begin(), own->end(), [&route](const Route& other) { return same_place(other, route); });
  if (there == own->end()) {
    return fail(SystemError{EEXIST, "cannot add the route " + to_string(route) +
                                        ": the system has one of its own to that destination with metric " +
                                        std::to_string(route.metric)});
  }
  if (*there == route) return {};
  return replace_route(route);
}

Outcome<void> NetworkConfig::replace_route(const Route& wanted) {
  const auto route = as_listed(wanted);
  const auto index = index_of(route.interface);
  if (!index) return fail(index.error());
  const int status = rtnl_route_add(socket_.get(), to_netlink(route, *index).get(), NLM_F_CREATE | NLM_F_REPLACE);
  if (status < 0) return fail(netlink::error("cannot set the route " + to_string(route), status));
  return {};
}

Outcome<bool> NetworkConfig::add_barrier(const IpPrefix& destination, std::uint32_t table) {
  const int status = rtnl_route_add(socket_.get(), barrier_to(destination, table).get(), NLM_F_CREATE | NLM_F_EXCL);
  if (status == 0) return true;
  if (status == -NLE_EXIST) return false;
  return fail(netlink::error("cannot add the barrier for " + destination.to_string(), status));
}

Outcome<void> NetworkConfig::remove_barrier(const IpPrefix& destination, std::uint32_t table) {
  const int status = rtnl_route_delete(socket_.get(), barrier_to(destination, table).get(), 0);
  if (status < 0 && status != -NLE_OBJ_NOTFOUND)
    return fail(netlink::error("cannot remove the barrier for " + destination.to_string(), status));
  return {};
}

Outcome<void> NetworkConfig::remove_route(const Route& wanted) {
  const auto route = as_listed(wanted);
  const auto index = index_of(route.interface);
  if (!index) return {};
  const int status = rtnl_route_delete(socket_.get(), to_netlink(route, *index).get(), 0);
  if (status < 0 && status != -NLE_OBJ_NOTFOUND && status != -NLE_NODEV) {
    return fail(netlink::error("cannot remove the route " + to_string(route), status));
  }
  return {};
}

Outcome<std::vector<Route>> NetworkConfig::own_routes() {
  nl_cache* raw = nullptr;
  if (const int status = rtnl_route_alloc_cache(socket_.get(), AF_UNSPEC, 0, &raw); status < 0) {
    return fail(netlink::error("cannot list routes", status));
  }
  const netlink::CachePtr cache{raw};
  std::vector<Route> found;
  for (nl_object* object = nl_cache_get_first(raw); object != nullptr; object = nl_cache_get_next(object)) {
    auto* entry = reinterpret_cast<rtnl_route*>(object);
    if (rtnl_route_get_protocol(entry) != kRouteProtocol) continue;
    if (auto route = from_netlink(entry)) found.push_back(std::move(*route));
  }
  std::sort(found.begin(), found.end());
  return found;
}

Outcome<bool> NetworkConfig::is_next_hop(const IpAddress& address) {
  nl_cache* raw = nullptr;
  if (const int status = rtnl_route_alloc_cache(socket_.get(), netlink::family_of(address), 0, &raw); status < 0)
    return fail(netlink::error("cannot list routes", status));
  const netlink::CachePtr cache{raw};
  for (nl_object* object = nl_cache_get_first(raw); object != nullptr; object = nl_cache_get_next(object)) {
    auto* entry = reinterpret_cast<rtnl_route*>(object);
    if (rtnl_route_get_table(entry) == kMainTable && leads_through(entry, address)) return true;
  }
  return false;
}

Outcome<Path> NetworkConfig::path_to(const IpAddress& destination, std::optional<std::uint32_t> mark) {
  const auto what = "there is no way to " + destination.to_string();
  const auto question = path_question(destination, mark);
  netlink::RoutePtr answer;
  const netlink::CallbackPtr usual{nl_socket_get_cb(socket_.get())};
  const netlink::CallbackPtr callback{nl_cb_clone(usual.get())};
  nl_cb_set(callback.get(), NL_CB_VALID, NL_CB_CUSTOM, &keep_route, &answer);
  int status = nl_send_auto(socket_.get(), question.get());
  if (status >= 0) status = nl_recvmsgs(socket_.get(), callback.get());
  if (status >= 0) status = nl_wait_for_ack(socket_.get());
  if (status < 0) return fail(netlink::error(what, status));
  if (!answer || rtnl_route_get_nnexthops(answer.get()) < 1) return fail(SystemError{ENETUNREACH, what});
  rtnl_nexthop* hop = rtnl_route_nexthop_n(answer.get(), 0);
  return Path{netlink::interface_name(rtnl_route_nh_get_ifindex(hop)),
              netlink::from_netlink(rtnl_route_nh_get_gateway(hop)),
              netlink::from_netlink(rtnl_route_get_pref_src(answer.get()))};
}

}  // namespace sallyport
