#include "client/linux/connections.hpp"

#include "common/base/file_descriptor.hpp"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>

namespace sallyport {
namespace {

struct Request {
  nlmsghdr header{};
  inet_diag_req_v2 body{};
};

constexpr std::size_t kAnswerSize = 32U << 10U;

Request request_for(std::uint16_t type, std::uint16_t flags, std::uint8_t family, std::uint8_t protocol) {
  Request request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = type;
  request.header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  request.body.sdiag_family = family;
  request.body.sdiag_protocol = protocol;
  request.body.idiag_states = ~0U;
  return request;
}

bool send(int socket, const Request& request) noexcept {
  return ::send(socket, &request, sizeof request, 0) == static_cast<ssize_t>(sizeof request);
}

/// A newer libuv's io_uring interrupts a wait that has a time limit, without any signal.
ssize_t receive(int socket, std::span<char> answer) noexcept {
  while (true) {
    const auto size = ::recv(socket, answer.data(), answer.size(), 0);
    if (size >= 0 || errno != EINTR) return size;
  }
}

FileDescriptor diagnosis_socket() noexcept {
  FileDescriptor socket{::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  if (socket) (void)::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return socket;
}

void destroy(const inet_diag_msg& found, std::uint8_t protocol) noexcept {
  const auto socket = diagnosis_socket();
  if (!socket) return;
  auto request = request_for(SOCK_DESTROY, NLM_F_ACK, found.idiag_family, protocol);
  request.body.id = found.id;
  if (!send(socket.get(), request)) return;
  std::array<char, 1024> answer{};
  (void)receive(socket.get(), answer);
}

bool sends_from(const inet_diag_msg& found, const IpAddress& source) noexcept {
  const auto octets = source.octets();
  return std::memcmp(found.id.idiag_src, octets.data(), octets.size()) == 0;
}

/// False when the list has ended.
bool take_answer(const char* data, std::size_t size, std::uint8_t protocol, const IpAddress& source) noexcept {
  for (std::size_t at = 0; at + sizeof(nlmsghdr) <= size;) {
    nlmsghdr header{};
    std::memcpy(&header, data + at, sizeof header);
    if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) return false;
    if (header.nlmsg_len < NLMSG_HDRLEN + sizeof(inet_diag_msg) || at + header.nlmsg_len > size) return false;
    inet_diag_msg found{};
    std::memcpy(&found, data + at + NLMSG_HDRLEN, sizeof found);
    if (sends_from(found, source)) destroy(found, protocol);
    at += NLMSG_ALIGN(header.nlmsg_len);
  }
  return true;
}

void end_all(std::uint8_t protocol, const IpAddress& source) noexcept {
  const auto socket = diagnosis_socket();
  const auto family = static_cast<std::uint8_t>(source.is_v4() ? AF_INET : AF_INET6);
  if (!socket || !send(socket.get(), request_for(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, family, protocol))) return;
  std::array<char, kAnswerSize> answer{};
  for (;;) {
    const auto size = receive(socket.get(), answer);
    if (size <= 0 || !take_answer(answer.data(), static_cast<std::size_t>(size), protocol, source)) return;
  }
}

}  // namespace

void end_connections_from(const IpAddress& source) noexcept {
  end_all(IPPROTO_TCP, source);
  end_all(IPPROTO_UDP, source);
}

}  // namespace sallyport
