#include "common/base/bytes.hpp"
#include "common/base/file_descriptor.hpp"
#include "tun/netlink.hpp"
#include "tun/network_config.hpp"

#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace sallyport {
namespace {

/// Of one call; a socket takes 208 KiB by default.
constexpr std::size_t kMostOctets = 64U << 10U;

/// Requests behind one another, numbered from 1. Only the last one is to be answered; what fails is always told.
class Requests {
 public:
  void add(const netlink::MessagePtr& request) {
    if (!request) {
      is_whole_ = false;
      return;
    }
    nlmsghdr& header = *nlmsg_hdr(request.get());
    header.nlmsg_seq = ++count_;
    header.nlmsg_flags |= NLM_F_REQUEST;
    last_ = octets_.size();
    append(octets_, Bytes{reinterpret_cast<const std::byte*>(&header), header.nlmsg_len});
    octets_.resize(NLMSG_ALIGN(octets_.size()));
  }

  [[nodiscard]] bool fits() const noexcept { return is_whole_ && count_ != 0 && octets_.size() <= kMostOctets; }
  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }

  /// The kernel has done them, or refused them, when this returns.
  [[nodiscard]] bool send(int socket) {
    nlmsghdr header{};
    std::memcpy(&header, octets_.data() + last_, sizeof header);
    header.nlmsg_flags |= NLM_F_ACK;
    std::memcpy(octets_.data() + last_, &header, sizeof header);
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    return ::sendto(socket, octets_.data(), octets_.size(), 0, reinterpret_cast<const sockaddr*>(&kernel),
                    sizeof kernel) == static_cast<ssize_t>(octets_.size());
  }

 private:
  ByteBuffer octets_;
  bool is_whole_ = true;
  std::uint32_t count_ = 0;
  std::size_t last_ = 0;  ///< where the last one begins
};

struct Answer {
  std::uint32_t request;
  int code;  ///< 0: done
};

/// Nullopt: none waits, or none that can be read.
std::optional<Answer> next_answer(int socket) {
  alignas(nlmsghdr) std::array<std::byte, 8192> octets;
  const ssize_t size = ::recv(socket, octets.data(), octets.size(), MSG_DONTWAIT);
  nlmsghdr header{};
  nlmsgerr error{};
  if (size < static_cast<ssize_t>(NLMSG_LENGTH(sizeof error))) return std::nullopt;
  std::memcpy(&header, octets.data(), sizeof header);
  std::memcpy(&error, octets.data() + NLMSG_HDRLEN, sizeof error);
  if (header.nlmsg_type != NLMSG_ERROR) return std::nullopt;
  return Answer{header.nlmsg_seq, -error.error};
}

}  // namespace

bool NetworkConfig::add_together(const std::string& interface, const std::vector<InterfaceAddress>& addresses,
                                 const std::vector<Route>& routes) {
  const auto index = index_of(interface);
  if (!index) return false;
  Requests requests;
  for (const auto& address : addresses) requests.add(netlink::request_to_add(address, *index));
  for (const auto& route : routes) requests.add(netlink::request_to_add(route, *index));
  const FileDescriptor socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
  if (!socket || !requests.fits() || !requests.send(socket.get())) return false;
  bool are_all_there = true;
  while (const auto answer = next_answer(socket.get())) {
    // An address that is there is as good as a new one; whose the route is that is there has to be looked at.
    const bool was_there = answer->code == EEXIST && answer->request <= addresses.size();
    are_all_there = are_all_there && (answer->code == 0 || was_there);
    if (answer->request == requests.count()) return are_all_there;
  }
  return false;
}

}  // namespace sallyport
