#include "server/ctl/drill_traffic.hpp"

#include "common/ip/socket_address.hpp"
#include "server/ctl/drill_packet.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace sallyport {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPause = std::chrono::milliseconds{1};
constexpr std::size_t kMostPayload = 256;

std::uint16_t port_of(const sockaddr_storage& bound) {
  if (bound.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(bound).sin_port);
  return ntohs(reinterpret_cast<const sockaddr_in6&>(bound).sin6_port);
}

}  // namespace

Result<DrillTarget, std::string> DrillTarget::open(const IpAddress& address) {
  DrillTarget target{FileDescriptor{::socket(address.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)},
                     address, 0};
  const auto any_port = SocketAddress::make(address, 0);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  const bool is_open = target.socket && ::bind(target.socket.get(), any_port.get(), any_port.size) == 0 &&
                       ::getsockname(target.socket.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0;
  if (!is_open)
    return fail("cannot listen at the gateway's inside address " + address.to_string() + ": " + std::strerror(errno));
  target.port = port_of(bound);
  return target;
}

DrillTraffic::DrillTraffic(DrillClient client, const DrillTarget& target, const IpAddress& source)
    : client_{std::move(client)}, target_{target}, source_{source}, thread_{[this] { run(); }} {}

DrillTraffic::~DrillTraffic() { (void)stop(); }

DrillFigures DrillTraffic::stop() {
  is_over_ = true;
  if (thread_.joinable()) thread_.join();
  return figures_;
}

void DrillTraffic::run() {
  while (!is_over_) {
    send_due(Clock::now());
    std::array<pollfd, 2> wait{pollfd{.fd = target_.socket.get(), .events = POLLIN, .revents = 0},
                               pollfd{.fd = is_closed_ ? -1 : client_.fd(), .events = POLLIN, .revents = 0}};
    (void)::poll(wait.data(), wait.size(), 1);
    take_arrivals();
    client_.receive();
    if (!client_.is_closed() || is_closed_) continue;
    figures_.closed = Clock::now();
    figures_.reason = client_.reason();
    is_closed_ = true;
  }
}

void DrillTraffic::send_due(TimePoint now) {
  if (is_closed_ || now < next_send_) return;
  next_send_ = now + kPause;
  client_.send(drill_packet(source_, target_.address, target_.port, static_cast<std::uint32_t>(++figures_.sent)));
}

void DrillTraffic::take_arrivals() {
  std::array<std::byte, kMostPayload> payload{};
  while (true) {
    const ssize_t n = ::recv(target_.socket.get(), payload.data(), payload.size(), MSG_DONTWAIT);
    if (n < 0) return;
    if (!number_in(Bytes{payload}.first(static_cast<std::size_t>(n)))) continue;
    figures_.last_arrival = Clock::now();
    arrived_ = ++figures_.arrived;
  }
}

}  // namespace sallyport
