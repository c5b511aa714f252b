#include "server/ctl/drill_client.hpp"

#include "common/base/send_pending.hpp"
#include "common/base/tcp_tuning.hpp"
#include "common/ip/socket_address.hpp"
#include "common/wire/address_assign.hpp"
#include "common/wire/datagram.hpp"
#include "common/wire/notice.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace sallyport {
namespace {

constexpr auto kPatience = std::chrono::seconds{5};
constexpr int kLookEvery = 20;  // milliseconds
constexpr std::size_t kScratch = 64U << 10U;
/// Ciphertext that waits for the socket: more than a drill ever has in flight.
constexpr std::size_t kMostWaiting = 64U << 10U;

/// Where a client on this host finds a listener: one that is bound to every address is on the loopback too.
IpAddress reachable(const IpAddress& listening) {
  if (!listening.is_unspecified()) return listening;
  return *IpAddress::parse(listening.is_v4() ? "127.0.0.1" : "::1");
}

Result<FileDescriptor, DrillFailure> open_socket(const Endpoint& endpoint) {
  const auto address = reachable(endpoint.address);
  const auto failed = [&](const char* what) {
    return fail(DrillFailure{false, std::string{what} + ' ' + endpoint.to_string() + ": " + std::strerror(errno)});
  };
  FileDescriptor socket{::socket(address.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP)};
  if (!socket) return failed("no socket for");
  const timeval limit{.tv_sec = kPatience.count(), .tv_usec = 0};
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const auto target = SocketAddress::make(address, endpoint.port);
  if (::connect(socket.get(), target.get(), target.size) != 0) return failed("cannot connect to");
  if (::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0) return failed("cannot use the connection to");
  tune_tunnel_socket(socket.get());
  return socket;
}

}  // namespace

DrillClient::DrillClient(FileDescriptor socket, std::unique_ptr<Engine> engine)
    : socket_{std::move(socket)}, engine_{std::move(engine)}, scratch_(kScratch), plaintext_(kScratch) {}

Result<DrillClient, DrillFailure> DrillClient::connect(const GatewayConfig& config, const ClientContext& context) {
  auto socket = open_socket(config.listen.front());
  if (!socket) return fail(socket.error());
  auto engine =
      Engine::connect(context, config.name, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  if (!engine) return fail(DrillFailure{false, engine.error().words});
  DrillClient client{std::move(*socket), std::move(*engine)};
  client.authority_ = config.name;
  client.advance();
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!client.is_online() && !client.is_closed() && std::chrono::steady_clock::now() < until) {
    pollfd wait{.fd = client.fd(), .events = POLLIN, .revents = 0};
    (void)::poll(&wait, 1, kLookEvery);
    client.receive();
  }
  if (client.failure_) return fail(*client.failure_);
  if (!client.is_online()) return fail(DrillFailure{false, "the gateway gave no address in time"});
  return client;
}

std::optional<IpAddress> DrillClient::address(bool v4) const {
  for (const auto& each : addresses_) {
    if (each.is_v4() == v4) return each;
  }
  return std::nullopt;
}

void DrillClient::send(Bytes packet) {
  if (is_closed() || !is_online() || engine_->outbox().size() - sent_ > kMostWaiting) return;
  append_datagram(outgoing_, packet);
  flush();
}

void DrillClient::receive() {
  while (!is_closed()) {
    const ssize_t n = ::recv(socket_.get(), scratch_.data(), scratch_.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (n <= 0) return finish(false, n == 0 ? "the gateway closed the connection" : std::strerror(errno));
    engine_->feed(Bytes{scratch_}.first(static_cast<std::size_t>(n)));
    advance();
    if (is_established_) read_all();
  }
  if (!is_closed()) flush();
}

/// The handshake, and the request behind it.
void DrillClient::advance() {
  if (is_established_) return;
  const auto done = engine_->handshake();
  if (!done) return finish(done.error());
  is_established_ = *done;
  if (is_established_) append_upgrade_request(outgoing_, authority_, Extensions{.notice = true});
  flush();
}

void DrillClient::read_all() {
  while (!is_closed()) {
    const auto size = engine_->read(plaintext_);
    if (!size) return finish(size.error());
    if (*size == 0) return;
    take(Bytes{plaintext_}.first(*size));
  }
}

void DrillClient::take(Bytes plaintext) {
  if (is_upgraded_) {
    capsules_.feed(plaintext);
    return take_capsules();
  }
  const auto response = response_.feed(plaintext);
  if (!response) return finish(false, "the gateway's answer is no HTTP");
  if (!*response) return;
  if (!(*response)->is_accepted()) {
    const auto problem = (*response)->problem.value_or(Problem{});
    return finish(true, problem.reason.empty() ? "HTTP " + std::to_string((*response)->status) : problem.reason);
  }
  is_upgraded_ = true;
  capsules_.feed(response_.rest());
  take_capsules();
}

void DrillClient::take_capsules() {
  while (true) {
    const auto capsule = capsules_.next();
    if (!capsule) return finish(false, "the gateway sent a capsule that is none");
    if (!*capsule) return;
    take(**capsule);
  }
}

void DrillClient::take(const Capsule& capsule) {
  if (capsule.type == CapsuleType::AddressAssign) {
    const auto assigned = parse_address_assign(capsule.payload);
    if (!assigned) return finish(false, "the gateway assigned no addresses");
    addresses_.clear();
    for (const auto& each : *assigned) addresses_.push_back(each.prefix.network());
  }
  if (capsule.type != CapsuleType::Notice) return;
  const auto notice = parse_notice(capsule.payload);
  const auto* ending = notice ? std::get_if<EndingNotice>(&*notice) : nullptr;
  if (ending == nullptr) return;
  reason_ = ending->reason;
  finish(true, ending->words);
}

void DrillClient::flush() {
  if (is_established_ && !outgoing_.empty()) {
    const auto sealed = engine_->write(outgoing_);
    outgoing_.clear();
    if (!sealed) return finish(sealed.error());
  }
  if (send_pending(socket_.get(), engine_->outbox(), sent_) == SendState::Gone) finish(false, std::strerror(errno));
}

void DrillClient::finish(bool is_refused, std::string words) {
  if (!failure_) failure_ = DrillFailure{is_refused, std::move(words)};
}

void DrillClient::finish(const TlsError& error) { finish(error.fault == TlsFault::PeerAlert, error.words); }

}  // namespace sallyport
