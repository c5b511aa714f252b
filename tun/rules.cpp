#include "tun/netlink.hpp"
#include "tun/network_config.hpp"

#include <netlink/errno.h>

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

namespace sallyport {
namespace {

// Written by hand: libnl 3.7 cannot set a rule's flags.
int send_rule(nl_sock* socket, int type, int flags, const RoutingRule& rule) {
  nl_msg* message = nlmsg_alloc_simple(type, flags);
  fib_rule_hdr header{};
  header.family = rule.version == 4 ? AF_INET : AF_INET6;
  header.action = FR_ACT_TO_TBL;
  header.flags = rule.invert ? FIB_RULE_INVERT : 0U;
  nlmsg_append(message, &header, sizeof header, NLMSG_ALIGNTO);
  nla_put_u32(message, FRA_PRIORITY, rule.priority);
  nla_put_u32(message, FRA_TABLE, rule.table);
  nla_put_u8(message, FRA_PROTOCOL, kRouteProtocol);
  if (rule.mark) {
    nla_put_u32(message, FRA_FWMARK, *rule.mark);
    nla_put_u32(message, FRA_FWMASK, 0xffff'ffffU);
  }
  return nl_send_sync(socket, message);  // frees the message
}

std::string to_string(const RoutingRule& rule) {
  return "the routing rule " + std::to_string(rule.priority) + " for IPv" + std::to_string(rule.version);
}

}  // namespace

NetworkConfig::Outcome<bool> NetworkConfig::add_rule(const RoutingRule& rule) {
  const int status = send_rule(socket_.get(), RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule);
  if (status < 0 && status != -NLE_EXIST) return fail(netlink::error("cannot add " + to_string(rule), status));
  return status >= 0;
}

NetworkConfig::Outcome<void> NetworkConfig::remove_rule(const RoutingRule& rule) {
  const int status = send_rule(socket_.get(), RTM_DELRULE, 0, rule);
  if (status < 0 && status != -NLE_OBJ_NOTFOUND)
    return fail(netlink::error("cannot remove " + to_string(rule), status));
  return {};
}

}  // namespace sallyport
