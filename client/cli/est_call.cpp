#include "client/cli/est_call.hpp"

#include "client/cli/name_lookup.hpp"
#include "common/ip/socket_address.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace sallyport {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds{20};
constexpr auto kConnectPatience = std::chrono::seconds{5};
constexpr std::size_t kMaxAddresses = 8;

/// False when `until` came first.
bool wait_for(int fd, short events, Clock::time_point until) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    pollfd polled{fd, events, 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

/// The error is the system's word for it.
Result<FileDescriptor, std::string> connect_to(const IpAddress& address, std::uint16_t port) {
  FileDescriptor socket{
      ::socket(address.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP)};
  const auto target = SocketAddress::make(address, port);
  if (!socket) return fail(std::string{std::strerror(errno)});
  if (::connect(socket.get(), target.get(), target.size) == 0) return socket;
  if (errno != EINPROGRESS) return fail(std::string{std::strerror(errno)});
  if (!wait_for(socket.get(), POLLOUT, Clock::now() + kConnectPatience)) return fail(std::string{"no answer in time"});
  int code = 0;
  socklen_t size = sizeof code;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &code, &size) != 0) code = errno;
  if (code != 0) return fail(std::string{std::strerror(code)});
  return socket;
}

Result<FileDescriptor, EstFailure> connect_to_any(const GatewayEndpoint& place) {
  const auto addresses = look_up_all(place.host);
  if (!addresses) return fail(EstFailure{"name_unresolved", addresses.error()});
  std::string reasons;
  for (std::size_t i = 0; i < std::min(addresses->size(), kMaxAddresses); ++i) {
    const auto& address = (*addresses)[i];
    auto socket = connect_to(address, place.port);
    if (socket) return std::move(*socket);
    reasons += (reasons.empty() ? "" : "; ") + address.to_string() + ": " + socket.error();
  }
  return fail(EstFailure{"connect_failed", place.to_string() + " cannot be reached: " + reasons});
}

}  // namespace

Result<EstResponse, EstFailure> call_est(const GatewayEndpoint& place, const EngineMaker& make_engine,
                                         const ByteBuffer& request) {
  const auto until = Clock::now() + kPatience;
  auto socket = connect_to_any(place);
  if (!socket) return fail(socket.error());
  auto engine = make_engine();
  if (!engine) return fail(EstFailure{"tls_failed", to_string(engine.error())});
  EstExchange exchange{std::move(*socket), std::move(*engine), request};
  while (true) {
    auto response = exchange.advance();
    if (!response) return fail(response.error());
    if (*response) return std::move(**response);
    const auto events = static_cast<short>(exchange.wants_write() ? POLLIN | POLLOUT : POLLIN);
    if (!wait_for(exchange.fd(), events, until)) {
      return fail(EstFailure{"timeout", place.to_string() + " did not answer in time"});
    }
  }
}

}  // namespace sallyport
