#include "client/daemon/dialer.hpp"

#include "client/linux/network_plan.hpp"
#include "common/base/congestion.hpp"
#include "common/base/path_sample.hpp"
#include "common/base/tcp_tuning.hpp"
#include "common/ip/socket_address.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace sallyport {
namespace {

constexpr std::size_t kMaxAddresses = 8;
constexpr auto kStagger = std::chrono::milliseconds{250};
constexpr auto kPatience = std::chrono::seconds{8};

FileDescriptor open_socket(const IpAddress& peer, int type) noexcept {
  FileDescriptor socket{::socket(peer.is_v4() ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket) return socket;
  // Without the mark, our own packets could be routed into the tunnel they carry.
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_MARK, &kOutsideMark, sizeof kOutsideMark) != 0) return {};
  return socket;
}

IpAddress own_address_of(int socket) noexcept {
  SocketAddress own;
  own.size = sizeof own.storage;
  const bool is_known = ::getsockname(socket, reinterpret_cast<sockaddr*>(&own.storage), &own.size) == 0;
  return is_known ? address_of(*own.get()).value_or(IpAddress{}) : IpAddress{};
}

/// The address that the system would send from: asked of a datagram socket, which sends nothing by being connected.
IpAddress source_towards(const SocketAddress& target, const IpAddress& peer) noexcept {
  const auto socket = open_socket(peer, SOCK_DGRAM);
  const bool is_known = socket && ::connect(socket.get(), target.get(), target.size) == 0;
  return is_known ? own_address_of(socket.get()) : IpAddress{};
}

}  // namespace

Dialer::Dialer(Loop& loop, const PathLimits& limits, std::vector<IpAddress> addresses, std::uint16_t port,
               std::string congestion, Callback on_done)
    : loop_{loop},
      limits_{limits},
      addresses_{std::move(addresses)},
      port_{port},
      congestion_{std::move(congestion)},
      on_done_{std::move(on_done)},
      stagger_{loop, [this] { advance(); }},
      deadline_{loop,
                [this] { finish(fail(Failure{reasons_ + (reasons_.empty() ? "" : "; ") + "no answer in time"})); }} {
  addresses_.resize(std::min(addresses_.size(), kMaxAddresses), IpAddress{});
  deadline_.arm(kPatience);
  // At once: a timer, of whole milliseconds, would be the longest wait on the way to a near gateway.
  if (start(addresses_[next_++]))
    await_next();
  else
    stagger_.arm({});
}

void Dialer::advance() {
  while (next_ < addresses_.size()) {
    if (start(addresses_[next_++])) return await_next();
  }
  fail_if_hopeless();
}

void Dialer::await_next() {
  if (next_ < addresses_.size()) stagger_.arm(kStagger);
}

bool Dialer::start(const IpAddress& address) {
  const auto target = SocketAddress::make(address, port_);
  const bool may_be_limited = !limits_.is_empty();
  const Way way{may_be_limited ? source_towards(target, address) : IpAddress{}, address};
  auto attempt = std::make_unique<Attempt>(Attempt{
      open_socket(address, SOCK_STREAM), {way, limits_.of(way, loop_.now().steady), false}, false, std::nullopt});
  if (!attempt->socket) {
    note(address, errno);
    return false;
  }
  tune_tunnel_socket(attempt->socket.get());
  attempt->congestion = begin_congestion(attempt->socket.get(), congestion_);
  if (const auto limit = attempt->path.limit) limit_segments(attempt->socket.get(), *limit);
  if (::connect(attempt->socket.get(), target.get(), target.size) != 0 && errno != EINPROGRESS) {
    note(address, errno);
    return false;
  }
  if (!may_be_limited) attempt->path.way.from = own_address_of(attempt->socket.get());
  auto poll = Poll::watch(loop_, attempt->socket.get(), [this, raw = attempt.get()](bool, bool) { on_answer(*raw); });
  if (!poll) {
    note(address, poll.error().code);
    return false;
  }
  attempt->poll.emplace(std::move(*poll));
  attempt->poll->set_interest(false, true);
  attempts_.push_back(std::move(attempt));
  return true;
}

void Dialer::on_answer(Attempt& attempt) {
  int code = 0;
  socklen_t size = sizeof code;
  if (::getsockopt(attempt.socket.get(), SOL_SOCKET, SO_ERROR, &code, &size) != 0) code = errno;
  if (code == 0) {
    attempt.poll.reset();
    const auto sample = sample_path(attempt.socket.get());
    attempt.path.is_prompt = sample && sample->retransmitted == 0;
    return finish(Connected{std::move(attempt.socket), attempt.path, std::move(attempt.congestion)});
  }
  note(attempt.path.way.to, code);
  std::erase_if(attempts_, [raw = &attempt](const auto& other) { return other.get() == raw; });
  stagger_.cancel();
  advance();
}

void Dialer::note(const IpAddress& address, int code) {
  is_absent_ = is_absent_ && code == ECONNREFUSED;
  if (!reasons_.empty()) reasons_ += "; ";
  reasons_ += address.to_string() + ": " + std::strerror(code);
}

void Dialer::fail_if_hopeless() {
  if (attempts_.empty()) finish(fail(Failure{reasons_, is_absent_}));
}

void Dialer::finish(Result<Connected, Failure> result) {
  stagger_.cancel();
  deadline_.cancel();
  attempts_.clear();
  // The callback may destroy this, and with it the function it runs in.
  const auto done = std::move(on_done_);
  done(std::move(result));
}

}  // namespace sallyport
