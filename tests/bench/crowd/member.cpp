#include "tests/bench/crowd/member.hpp"

#include "client/daemon/attester.hpp"
#include "client/posture/posture.hpp"
#include "common/base/tcp_tuning.hpp"
#include "common/ip/socket_address.hpp"
#include "tests/bench/crowd/must.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace sallyport {
namespace {

/// What a laptop in good order reports.
Posture good_posture() {
  Posture posture;
  posture.os = "debian";
  posture.os_version = "12.5";
  posture.kernel = "6.1.0-28-amd64";
  for (const auto name : kPostureFactNames) posture.facts[std::string{name}] = {.value = true, .source = {}};
  return posture;
}

/// Connecting, from `source`; the gateway sees as many places as there are members.
FileDescriptor open_socket(const IpAddress& source, const CrowdPlace& place) {
  FileDescriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP)};
  if (!socket) give_up(std::string{"no socket: "} + std::strerror(errno));
  const int on = 1;
  (void)::setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  const auto from = SocketAddress::make(source, 0);
  const auto to = SocketAddress::make(place.gateway, place.port);
  if (::bind(socket.get(), from.get(), from.size) != 0)
    give_up("cannot use " + source.to_string() + ": " + std::strerror(errno));
  tune_tunnel_socket(socket.get());
  if (::connect(socket.get(), to.get(), to.size) != 0 && errno != EINPROGRESS) return {};
  return socket;
}

}  // namespace

Member::Member(std::uint32_t number, const CrowdDevice& device, const CrowdPlace& place, const IpAddress& source,
               Loop& loop, Scratch& scratch, const Listener& listener)
    : number_{number},
      device_{device},
      place_{place},
      source_{source},
      loop_{loop},
      scratch_{scratch},
      listener_{listener},
      reconnect_{number} {}

void Member::go() {
  reconnect_.reset();
  retry_ = loop_.now().steady;
  listener_.due(*this);
}

void Member::leave() {
  if (connection_) connection_->close();
  drop();
  retry_.reset();
}

void Member::drop() {
  poll_.reset();
  connection_.reset();
  is_online_ = false;
}

void Member::connect(Now now) {
  drop();
  retry_.reset();
  ++attempts_;
  auto socket = open_socket(source_, place_);
  if (!socket) return lose("unreachable", Reconnect::Outcome::Lost, {}, now);
  auto engine = must(Engine::connect(device_.context, place_.name, now.wall));
  connection_.emplace(std::move(socket), std::move(engine), place_.name, now);
  poll_.emplace(must(Poll::watch(loop_, connection_->fd(), [this](bool readable, bool) { on_socket(readable); })));
  poll_->set_interest(true, true);
  listener_.due(*this);
}

void Member::on_socket(bool readable) {
  if (readable && connection_) {
    connection_->receive(scratch_.ciphertext, scratch_.plaintext, loop_.now(),
                         [this](const SuperPacket& packet) { listener_.packet(*this, packet.bytes); });
  }
  settle();
}

void Member::settle() {
  if (!connection_) return;
  take_events();
  connection_->flush(loop_.now().steady);
  take_events();
  if (const auto end = connection_->end())
    return lose(end->failure.reason, end->outcome, end->return_within, loop_.now());
  poll_->set_interest(connection_->wants_read(), connection_->wants_write());
  listener_.due(*this);
}

void Member::take_events() {
  while (const auto event = connection_->poll_event()) {
    if (const auto* online = std::get_if<Online>(&*event)) {
      address_ = online->addresses.front().network();
      reconnect_.note_online(loop_.now().steady);
      if (!std::exchange(is_online_, true)) listener_.online(*this);
    }
    if (std::holds_alternative<RoutesChanged>(*event)) listener_.routes(*this);
    if (const auto* challenge = std::get_if<AttestChallenge>(&*event)) answer(*challenge);
  }
}

void Member::answer(const AttestChallenge& challenge) {
  static const std::string body = posture_body(good_posture());
  const auto channel = connection_->attestation_channel();
  if (channel) connection_->attest(must(attest(device_.context.credentials().key(), *channel, challenge, body)));
}

void Member::lose(const std::string& reason, Reconnect::Outcome outcome, std::chrono::seconds return_within, Now now) {
  drop();
  retry_ = now.steady + (return_within.count() != 0 ? reconnect_.wait_within(return_within, now.steady)
                                                    : reconnect_.wait_after(outcome, now.steady));
  listener_.lost(*this, reason);
  listener_.due(*this);
}

void Member::handle_timeout(Now now) {
  if (retry_ && now.steady >= *retry_) return connect(now);
  if (!connection_) return;
  connection_->handle_timeout(now);
  settle();
}

TimePoint Member::next_due() const {
  if (retry_) return *retry_;
  return connection_ ? connection_->next_timeout().value_or(TimePoint::max()) : TimePoint::max();
}

bool Member::send(Bytes packet) {
  if (!is_online_) return false;
  connection_->send_packet(packet, scratch_.queues, loop_.now().steady);
  settle();
  return true;
}

}  // namespace sallyport
