#include "tun/netlink.hpp"
#include "tun/network_config.hpp"

#include <netlink/attr.h>

#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>

namespace sallyport {
namespace {

std::optional<std::uint32_t> number_in(nlattr* data, int type) {
  nlattr* found = nla_find(static_cast<nlattr*>(nla_data(data)), nla_len(data), type);
  if (found == nullptr) return std::nullopt;
  return nla_get_u32(found);
}

int keep_access(nl_msg* message, void* out) {
  nlattr* info = nlmsg_find_attr(nlmsg_hdr(message), sizeof(ifinfomsg), IFLA_LINKINFO);
  nlattr* data =
      info == nullptr ? nullptr : nla_find(static_cast<nlattr*>(nla_data(info)), nla_len(info), IFLA_INFO_DATA);
  if (data == nullptr) return NL_OK;
  *static_cast<std::optional<TunAccess>*>(out) = TunAccess{
      number_in(data, IFLA_TUN_OWNER), number_in(data, IFLA_TUN_GROUP),
      number_in(data, IFLA_TUN_NUM_QUEUES).value_or(1) + number_in(data, IFLA_TUN_NUM_DISABLED_QUEUES).value_or(0)};
  return NL_OK;
}

}  // namespace

NetworkConfig::Outcome<TunAccess> NetworkConfig::access_to(const std::string& interface) {
  const auto index = index_of(interface);
  if (!index) return fail(index.error());
  const auto what = "cannot find out who may use the interface " + interface;
  netlink::MessagePtr question{nlmsg_alloc_simple(RTM_GETLINK, 0)};
  ifinfomsg header{};
  header.ifi_index = static_cast<int>(*index);
  nlmsg_append(question.get(), &header, sizeof header, NLMSG_ALIGNTO);
  std::optional<TunAccess> access;
  const netlink::CallbackPtr usual{nl_socket_get_cb(socket_.get())};
  const netlink::CallbackPtr callback{nl_cb_clone(usual.get())};
  nl_cb_set(callback.get(), NL_CB_VALID, NL_CB_CUSTOM, &keep_access, &access);
  int status = nl_send_auto(socket_.get(), question.get());
  if (status >= 0) status = nl_recvmsgs(socket_.get(), callback.get());
  if (status >= 0) status = nl_wait_for_ack(socket_.get());
  if (status < 0) return fail(netlink::error(what, status));
  if (!access) return fail(SystemError{ENOTSUP, what + ": it is no TUN interface, or Linux is older than 4.17"});
  return *access;
}

}  // namespace sallyport
