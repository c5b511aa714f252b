#include "client/cli/est_call.hpp"

#include "client/cli/name_lookup.hpp"
#include "client/linux/stream_sample.hpp"
#include "client/session/stall_watch.hpp"
#include "common/base/tcp_tuning.hpp"
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

struct Dialled {
  FileDescriptor socket;
  OuterPath path;
};

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
Result<FileDescriptor, std::string> connect_to(const IpAddress& address, std::uint16_t port, SegmentLimit limit) {
  FileDescriptor socket{
      ::socket(address.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP)};
  const auto target = SocketAddress::make(address, port);
  if (!socket) return fail(std::string{std::strerror(errno)});
  if (limit) limit_segments(socket.get(), *limit);
  if (::connect(socket.get(), target.get(), target.size) == 0) return socket;
  if (errno != EINPROGRESS) return fail(std::string{std::strerror(errno)});
  if (!wait_for(socket.get(), POLLOUT, Clock::now() + kConnectPatience)) return fail(std::string{"no answer in time"});
  int code = 0;
  socklen_t size = sizeof code;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &code, &size) != 0) code = errno;
  if (code != 0) return fail(std::string{std::strerror(code)});
  return socket;
}

Result<Dialled, EstFailure> connect_to_any(const GatewayEndpoint& place, const PathLimits& paths) {
  const auto addresses = look_up_all(place.host);
  if (!addresses) return fail(EstFailure{"name_unresolved", addresses.error()});
  std::string reasons;
  for (std::size_t i = 0; i < std::min(addresses->size(), kMaxAddresses); ++i) {
    const auto& address = (*addresses)[i];
    // One short call knows one network: that of the way from here is left out.
    const Way way{{}, address};
    const auto limit = paths.of(way, Clock::now());
    auto socket = connect_to(address, place.port, limit);
    if (socket) return Dialled{std::move(*socket), {way, limit, false}};
    reasons += (reasons.empty() ? "" : "; ") + address.to_string() + ": " + socket.error();
  }
  return fail(EstFailure{"connect_failed", place.to_string() + " cannot be reached: " + reasons});
}

/// Nullopt: the handshake is swallowed on the way. What was asked is never asked again, for a token counts once.
Result<std::optional<EstResponse>, EstFailure> converse(EstExchange& exchange, const GatewayEndpoint& place,
                                                        Clock::time_point until) {
  StallWatch watch{Clock::now()};
  while (true) {
    auto response = exchange.advance();
    if (!response || *response) return response;
    const bool is_watched = !exchange.has_asked() && watch.due();
    if (is_watched && watch.look(sample_stream(exchange.fd()), Clock::now()) == StallWatch::Finding::Stalled)
      return std::optional<EstResponse>{};
    const auto events = static_cast<short>(exchange.wants_write() ? POLLIN | POLLOUT : POLLIN);
    if (wait_for(exchange.fd(), events, is_watched ? std::min(until, *watch.due()) : until))
      watch.note_received(Clock::now());
    else if (Clock::now() >= until)
      return fail(EstFailure{"timeout", place.to_string() + " did not answer in time"});
  }
}

}  // namespace

Result<EstResponse, EstFailure> call_est(const GatewayEndpoint& place, const EngineMaker& make_engine,
                                         const ByteBuffer& request, PathLimits& paths) {
  const auto until = Clock::now() + kPatience;
  while (true) {
    auto dialled = connect_to_any(place, paths);
    if (!dialled) return fail(dialled.error());
    auto engine = make_engine();
    if (!engine) return fail(EstFailure{"tls_failed", to_string(engine.error())});
    EstExchange exchange{std::move(dialled->socket), std::move(*engine), request};
    auto response = converse(exchange, place, until);
    if (!response) return fail(response.error());
    if (*response) return std::move(**response);
    if (paths.note_swallowed(dialled->path, Clock::now())) continue;
    return fail(EstFailure{"path_swallows", place.to_string() +
                                                " can be reached, but this network swallows what is "
                                                "larger than a few hundred octets; try from another network"});
  }
}

}  // namespace sallyport
