#include "client/linux/posture/wall_watch.hpp"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

bool is_of_walls(const nlmsghdr& header) noexcept {
  if (header.nlmsg_type < NLMSG_MIN_TYPE) return false;
  if (NFNL_SUBSYS_ID(header.nlmsg_type) != NFNL_SUBSYS_NFTABLES) return true;
  switch (NFNL_MSG_TYPE(header.nlmsg_type)) {
    case NFT_MSG_NEWSET:
    case NFT_MSG_DELSET:
    case NFT_MSG_NEWSETELEM:
    case NFT_MSG_DELSETELEM:
    case NFT_MSG_NEWOBJ:
    case NFT_MSG_DELOBJ:
    case NFT_MSG_NEWGEN:  // the end of every change, of sets too
      return false;
    default:
      return true;
  }
}

bool matters(const char* data, std::size_t size) noexcept {
  for (std::size_t at = 0; at + sizeof(nlmsghdr) <= size;) {
    nlmsghdr header{};
    std::memcpy(&header, data + at, sizeof header);
    if (header.nlmsg_len < NLMSG_HDRLEN || is_of_walls(header)) return true;
    at += NLMSG_ALIGN(header.nlmsg_len);
  }
  return false;
}

}  // namespace

std::string WallWatch::follow() {
  if (netlink_) return {};
  FileDescriptor socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER)};
  const int group = NFNLGRP_NFTABLES;
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  // Who has no address is told nothing.
  if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::setsockopt(socket.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0) {
    return std::string{"the firewall is not watched: "} + std::strerror(errno);
  }
  netlink_ = std::move(socket);
  return {};
}

bool WallWatch::take() {
  std::array<char, 16U << 10U> messages{};
  bool any = false;
  for (int reads = 0; netlink_ && reads < 256; ++reads) {
    const auto size = ::recv(netlink_.get(), messages.data(), messages.size(), MSG_DONTWAIT);
    // Some were lost: they may have been of walls.
    if (size < 0 && errno == ENOBUFS) any = true;
    if (size < 0 && errno != EINTR && errno != ENOBUFS) break;
    if (size > 0) any = matters(messages.data(), static_cast<std::size_t>(size)) || any;
  }
  return any;
}

}  // namespace sallyport
