#include "tun/netlink.hpp"

#include <net/if.h>
#include <netlink/errno.h>

#include <array>

namespace sallyport::netlink {
namespace {

int errno_of(int status) noexcept {
  switch (-status) {
    case NLE_PERM:
      return EPERM;
    case NLE_NOACCESS:
      return EACCES;
    case NLE_NODEV:
      return ENODEV;
    case NLE_EXIST:
      return EEXIST;
    case NLE_BUSY:
      return EBUSY;
    case NLE_OBJ_NOTFOUND:
      return ESRCH;
    case NLE_INVAL:
      return EINVAL;
    default:
      return 0;
  }
}

}  // namespace

AddressPtr to_netlink(const IpAddress& address, unsigned prefix_length) {
  const auto octets = address.octets();
  AddressPtr out{nl_addr_build(family_of(address), octets.data(), octets.size())};
  nl_addr_set_prefixlen(out.get(), static_cast<int>(prefix_length));
  return out;
}

std::optional<IpAddress> from_netlink(const nl_addr* address) {
  if (address == nullptr) return std::nullopt;
  const int family = nl_addr_get_family(address);
  const std::size_t size = nl_addr_get_len(address);
  const bool is_ip = (family == AF_INET && size == 4) || (family == AF_INET6 && size == 16);
  if (!is_ip) return std::nullopt;
  return IpAddress::from_octets({static_cast<const std::byte*>(nl_addr_get_binary_addr(address)), size});
}

SystemError error(std::string_view what, int status) {
  SystemError out{errno_of(status), std::string{what} + ": " + nl_geterror(status)};
  if (out.code == EPERM) out.message += "; needs CAP_NET_ADMIN: run as root";
  return out;
}

std::string interface_name(int index) {
  std::array<char, IF_NAMESIZE> name{};
  return ::if_indextoname(static_cast<unsigned>(index), name.data()) != nullptr ? std::string{name.data()}
                                                                                : std::string{};
}

}  // namespace sallyport::netlink
