#include "tun/network_watch.hpp"

#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

namespace sallyport {
namespace {

constexpr std::array kGroups{RTNLGRP_LINK,       RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
                             RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,   RTNLGRP_IPV6_RULE};
/// What comes without end is looked at in the next turn of the loop.
constexpr int kReadsPerTurn = 64;
constexpr std::size_t kLongest = 32U << 10U;

bool is_of_table(nlmsghdr* message, int header, int attribute, std::uint32_t table) {
  nlattr* found = nlmsg_find_attr(message, header, attribute);
  return found != nullptr && nla_len(found) >= static_cast<int>(sizeof table) && nla_get_u32(found) == table;
}

}  // namespace

Result<NetworkWatch, SystemError> NetworkWatch::open(std::uint32_t table) {
  FileDescriptor socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)};
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail(system_error("cannot watch the network"));
  for (const int group : kGroups) {
    if (::setsockopt(socket.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
      return fail(system_error("cannot watch the network"));
  }
  return NetworkWatch{std::move(socket), table};
}

void NetworkWatch::look_after(const std::string& interface, std::string mark) {
  interface_ = static_cast<int>(::if_nametoindex(interface.c_str()));
  mark_ = std::move(mark);
}

bool NetworkWatch::takes_away(nlmsghdr* message) const noexcept {
  switch (message->nlmsg_type) {
    case RTM_DELRULE:
      return is_of_table(message, sizeof(fib_rule_hdr), FRA_TABLE, table_);
    case RTM_NEWROUTE:
      if ((message->nlmsg_flags & NLM_F_REPLACE) == 0) return false;
      [[fallthrough]];
    case RTM_DELROUTE:
      return is_of_table(message, sizeof(rtmsg), RTA_TABLE, table_);
    case RTM_NEWLINK:
      return is_lost(message);
    case RTM_DELLINK:
    case RTM_DELADDR:
      return true;
    default:
      return false;
  }
}

bool NetworkWatch::is_lost(nlmsghdr* link) const noexcept {
  if (nlmsg_valid_hdr(link, sizeof(ifinfomsg)) == 0) return false;
  const auto* about = static_cast<const ifinfomsg*>(nlmsg_data(link));
  if ((about->ifi_flags & IFF_UP) == 0) return true;
  if (interface_ == 0 || about->ifi_index != interface_) return false;
  const nlattr* alias = nlmsg_find_attr(link, sizeof(ifinfomsg), IFLA_IFALIAS);
  return alias == nullptr || nla_strcmp(alias, mark_.c_str()) != 0;
}

bool NetworkWatch::take() noexcept {
  alignas(nlmsghdr) std::array<std::byte, kLongest> room;
  bool found = false;
  has_more_ = true;
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const ssize_t size = ::recv(socket_.get(), room.data(), room.size(), MSG_TRUNC);
    if (size < 0 && errno == EINTR) continue;
    // Some were lost.
    if (size < 0 && errno == ENOBUFS) found = true;
    if (size <= 0) {
      has_more_ = size < 0 && errno == ENOBUFS;
      break;
    }
    // What is behind the room is lost, too.
    if (static_cast<std::size_t>(size) > room.size()) found = true;
    int rest = static_cast<int>(std::min(static_cast<std::size_t>(size), room.size()));
    for (auto* message = reinterpret_cast<nlmsghdr*>(room.data()); nlmsg_ok(message, rest) != 0;
         message = nlmsg_next(message, &rest)) {
      found = takes_away(message) || found;
    }
  }
  return found;
}

}  // namespace sallyport
