#include "client/daemon/gateway_connection.hpp"

#include "client/enrolment/refused_peer.hpp"
#include "client/linux/stream_sample.hpp"
#include "common/queue/path_follower.hpp"
#include "tun/device.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

/// Per wake-up, so that the inside gets its turn.
constexpr int kReadsPerTurn = 4;
/// Sealed and sent together: four whole records, and what the caches hold.
constexpr std::size_t kBatch = 64U << 10U;
constexpr auto kHandshakePatience = std::chrono::seconds{10};

ConnectionEnd lost(std::string reason, std::string words) {
  return {{std::move(reason), std::move(words), {}}, Reconnect::Outcome::Lost, Resume::ByTime, {}};
}

ConnectionEnd refused(std::string reason, std::string words, std::string code = {}) {
  return {{std::move(reason), std::move(words), std::move(code)}, Reconnect::Outcome::Refused, Resume::ByTime, {}};
}

ConnectionEnd end_of(const TlsError& error) {
  switch (error.fault) {
    case TlsFault::PeerCertificate:
      return refused("gateway_untrusted", words_for_untrusted_gateway(error));
    case TlsFault::PeerAlert:
      return refused("certificate_refused", words_for_refused_device(error));
    case TlsFault::Setup:
      return refused("credentials_unusable", error.words);
    case TlsFault::OwnKey:
      return end_without_key({error.key_problem.value_or(PkiProblem::TokenFailed), error.words});
    case TlsFault::Closed:
      return lost("closed_by_gateway", "the gateway closed the connection");
    case TlsFault::Protocol:
    case TlsFault::ControlFlood:
    case TlsFault::OutboxFull:
    case TlsFault::WrongState:
    case TlsFault::Library:
      return lost("tls_failed", error.words);
  }
  return lost("tls_failed", error.words);
}

/// Before anybody has proved to be the gateway.
ConnectionEnd end_of_handshake(const TlsError& error) {
  return error.fault == TlsFault::Protocol ? lost("tls_failed", words_for_strange_answer(error)) : end_of(error);
}

ConnectionEnd end_of(const Refused& refusal, const std::string& words) {
  constexpr unsigned kServiceUnavailable = 503;
  const Problem problem = refusal.problem.value_or(Problem{});
  auto end = refused(problem.reason.empty() ? "refused" : problem.reason,
                     problem.detail.empty() ? words : problem.detail, problem.code);
  if (refusal.status == kServiceUnavailable) end.outcome = Reconnect::Outcome::Lost;
  return end;
}

/// Ends that the same certificate will meet again.
bool is_lasting(std::string_view reason) noexcept {
  constexpr std::array<std::string_view, 6> kLasting{"device_revoked",      "device_disabled",  "user_disabled",
                                                     "certificate_expired", "revocation_stale", "admission_refused"};
  return std::find(kLasting.begin(), kLasting.end(), reason) != kLasting.end();
}

}  // namespace

ConnectionEnd end_of(const EndingNotice& ending) {
  auto end = is_lasting(ending.reason) ? refused(ending.reason, ending.words) : lost(ending.reason, ending.words);
  end.return_within = ending.return_within;
  if (ending.reason == "idle") end.resume = Resume::WithTraffic;
  if (ending.reason == "too_many_devices") {
    end.resume = Resume::WhenAsked;
    end.outcome = Reconnect::Outcome::Refused;
  }
  return end;
}

ConnectionEnd end_without_key(const PkiError& error) {
  const std::string reason{token_reason(error.problem)};
  if (reason.empty()) return refused("credentials_unusable", error.words);
  return may_pass(error.problem) ? lost(reason, error.words) : refused(reason, error.words);
}

GatewayConnection::GatewayConnection(FileDescriptor socket, std::unique_ptr<Engine> engine, std::string authority,
                                     Now now, BlockingThread* thread, std::function<void()> on_step)
    : socket_{std::move(socket)},
      engine_{std::move(engine)},
      steps_{engine_, thread, std::move(on_step)},
      authority_{std::move(authority)},
      handshake_deadline_{now.steady + kHandshakePatience},
      watch_{now.steady} {
  // The first call writes the hello; nothing is signed for it.
  if (const auto begun = engine_->handshake(); !begun) finish(end_of(begun.error()));
}

void GatewayConnection::receive(MutableBytes scratch, MutableBytes plaintext, Now now, const PacketSink& sink) {
  for (int turn = 0; turn < kReadsPerTurn && !end_ && !steps_.is_engine_away(); ++turn) {
    const ssize_t n = ::recv(socket_.get(), scratch.data(), scratch.size(), 0);
    if (n == 0) return end_input();
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) return finish(lost("connection_lost", std::string{"the connection broke: "} + std::strerror(errno)));
    watch_.note_received(now.steady);
    egress_.hear();
    const Bytes ciphertext = scratch.first(static_cast<std::size_t>(n));
    if (session_) {
      engine_->feed(ciphertext);
    } else {
      const auto done = steps_.take(ciphertext);
      if (!done) return;
      if (!finish_handshake(*done, now)) continue;
    }
    if (!read_records(plaintext, now.steady, sink)) return;
  }
}

void GatewayConnection::resume(MutableBytes plaintext, Now now, const PacketSink& sink) {
  if (finish_handshake(steps_.outcome(), now)) (void)read_records(plaintext, now.steady, sink);
}

bool GatewayConnection::finish_handshake(const HandshakeSteps::Outcome& done, Now now) {
  if (!done) {
    finish(end_of_handshake(done.error()));
    return false;
  }
  if (!*done) return false;
  watch_.note_verified();
  begin_path(socket_.get(), egress_);
  session_.emplace(ClientSessionOptions{.authority = authority_}, now);
  session_->start(plaintext_);
  return true;
}

/// False when nothing more can come.
bool GatewayConnection::read_records(MutableBytes plaintext, TimePoint now, const PacketSink& sink) {
  // The first packet, too, has room in front of it.
  const MutableBytes room = plaintext.subspan(kTunHeadroom);
  while (true) {
    const auto size = engine_->read_all(room);
    if (!size) {
      if (size.error().fault == TlsFault::Closed)
        session_->end_of_input();
      else
        finish(end_of(size.error()));
      return false;
    }
    if (!key_updates_.admits(engine_->silent_records(), now)) {
      finish(lost("tls_failed", "the gateway changes keys all the time"));
      return false;
    }
    if (*size == 0) return true;
    session_->receive(room.first(*size));
    while (true) {
      const auto packet = session_->next_packet(plaintext_);
      if (!packet) return false;
      if (!*packet) break;
      sink(**packet);
    }
    if (is_online()) watch_.note_online();
  }
}

void GatewayConnection::end_input() {
  if (session_)
    session_->end_of_input();
  else
    finish(lost("closed_by_gateway", "the gateway closed the connection during the handshake"));
}

std::optional<ChannelValue> GatewayConnection::attestation_channel() const {
  ChannelValue channel{};
  if (!session_ || !engine_->export_keying_material(kAttestExporterLabel, {}, channel)) return std::nullopt;
  return channel;
}

void GatewayConnection::send_packet(const SuperPacket& packet, QueueHome& home, TimePoint now) {
  if (egress_.delay_ack(packet, now)) return;
  send_due_ack(home, now);
  pass_packet(packet, home, now);
}

void GatewayConnection::pass_packet(const SuperPacket& packet, QueueHome& home, TimePoint now) {
  if (egress_.is_clear() && !wants_write() && !path_stands(socket_.get(), egress_, now)) {
    (void)session_->send_packet(packet, plaintext_);
    if (plaintext_.size() >= kBatch) flush(now);
  } else if (const auto admitted = session_->admit(packet)) {
    egress_.hold(*admitted, backlog(), {}, home, now);
  }
}

void GatewayConnection::flush(TimePoint now) {
  if (steps_.is_engine_away()) return;
  SendState state{};
  do {
    if (!plaintext_.empty()) {
      const auto sealed = engine_->write(plaintext_);
      plaintext_.clear();
      if (!sealed && !end_) return finish(end_of(sealed.error()));
    }
    state = send(now);
  } while (state == SendState::Sent && refill(now));
  if (state == SendState::Gone)
    finish(lost("connection_lost", std::string{"the connection broke: "} + std::strerror(errno)));
}

SendState GatewayConnection::send(TimePoint now) {
  const std::size_t before = engine_->outbox().size() - sent_;
  const auto state = send_pending(socket_.get(), engine_->outbox(), sent_);
  const int code = errno;
  if (state == SendState::Blocked) drop_sent();
  const std::size_t taken = before - (engine_->outbox().size() - sent_);
  if (taken != 0) watch_.note_sent(now);
  follow_path(socket_.get(), egress_, taken, now);
  errno = code;
  return state;
}

/// Moves packets from the queue to plaintext_. False: there is none. What waits while this is not online waits for the
/// connection that takes over, or came from the one before, whose addresses may have been others.
bool GatewayConnection::refill(TimePoint now) {
  if (!is_online() || egress_.is_clear() || path_stands(socket_.get(), egress_, now)) return false;
  while (!egress_.is_clear() && plaintext_.size() < egress_.pace().batch()) {
    const auto held = egress_.next(now);
    if (!held) break;
    (void)session_->send_packet(held->packet, plaintext_);
  }
  return !plaintext_.empty();
}

void GatewayConnection::drop_sent() {
  ByteBuffer& outbox = engine_->outbox();
  if (sent_ < outbox.size() / 2) return;
  outbox.erase(outbox.begin(), outbox.begin() + static_cast<std::ptrdiff_t>(sent_));
  sent_ = 0;
}

void GatewayConnection::handle_timeout(Now now) {
  look_for_stall(now.steady);
  if (session_) return session_->handle_timeout(now);
  if (!end_ && now.steady >= handshake_deadline_) {
    has_stalled_ = !steps_.is_engine_away();
    finish(lost("handshake_timeout", "the gateway did not finish the TLS handshake in time"));
  }
}

/// What is not online yet is given up, a session is not: what comes next may be worse.
void GatewayConnection::look_for_stall(TimePoint now) {
  if (end_ || !watch_.due() || now < *watch_.due()) return;
  const auto finding = watch_.look(sample_stream(socket_.get()), now);
  if (finding == StallWatch::Finding::Ask && !session_->probe(plaintext_)) watch_.forget_question();
  if (finding != StallWatch::Finding::Stalled) return;
  has_stalled_ = true;
  if (watch_.is_online()) return;
  finish(lost("path_swallows", "this network lets the gateway be reached, but swallows larger packets on the way"));
}

/// When packets may go that wait for something else than room in the socket.
std::optional<TimePoint> GatewayConnection::egress_due() const noexcept {
  if (!is_online()) return std::nullopt;
  const auto ack = egress_.ack_due();
  const auto look = wants_write() ? std::nullopt : egress_.look_due();
  return ack && look ? std::min(ack, look) : std::max(ack, look);
}

std::optional<TimePoint> GatewayConnection::next_timeout() const {
  auto due = session_ ? session_->next_timeout() : handshake_deadline_;
  if (const auto packets = egress_due()) due = due ? std::min(due, packets) : packets;
  return due && watch_.due() ? std::min(due, watch_.due()) : std::max(due, watch_.due());
}

void GatewayConnection::close() {
  if (session_) session_->close();
  if (end_) return;
  egress_.release();
  if (!steps_.is_engine_away()) engine_->close();
  flush({});
  ::shutdown(socket_.get(), SHUT_WR);
}

std::optional<ClientEvent> GatewayConnection::poll_event() {
  if (!session_) return std::nullopt;
  auto event = session_->poll_event();
  if (!event) return event;
  if (const auto* refusal = std::get_if<Refused>(&*event)) refusal_ = *refusal;
  if (const auto* ending = std::get_if<EndingNotice>(&*event)) {
    ending_ = *ending;
    // Nothing follows but the close, for which the gateway may wait on us.
    finish(lost(ending->reason, ending->words));
  }
  if (const auto* closed = std::get_if<Closed>(&*event)) finish(lost("session_ended", closed->words));
  return event;
}

std::optional<ConnectionEnd> GatewayConnection::end() const {
  if (!end_) return std::nullopt;
  if (refusal_) return end_of(*refusal_, end_->failure.words);
  return ending_ ? end_of(*ending_) : *end_;
}

void GatewayConnection::finish(ConnectionEnd end) {
  if (!end_) end_ = std::move(end);
}

std::optional<std::uint32_t> GatewayConnection::rtt_microseconds() const noexcept {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(socket_.get(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return info.tcpi_rtt;
}

void add_traffic(TunnelStatus& status, const GatewayConnection* connection) {
  if (connection == nullptr || connection->session() == nullptr) return;
  status.queue += connection->egress().counters();
  const auto& traffic = connection->session()->traffic();
  status.packets_in += traffic.packets_in;
  status.bytes_in += traffic.bytes_in;
  status.packets_out += traffic.packets_out;
  status.bytes_out += traffic.bytes_out;
}

}  // namespace sallyport
