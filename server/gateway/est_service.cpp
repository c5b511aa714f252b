#include "server/gateway/est_service.hpp"

#include "common/base/send_pending.hpp"
#include "common/base/tcp_tuning.hpp"
#include "common/tls/key_update_limit.hpp"
#include "server/gateway/listener.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sallyport {
namespace {

constexpr int kAcceptsPerTurn = 4;
constexpr std::size_t kScratch = 20U << 10U;
constexpr std::size_t kInbox = 64;
constexpr auto kTick = std::chrono::milliseconds{500};
/// How long the other side has to take the answer and close.
constexpr auto kDrainTime = std::chrono::seconds{2};

Problem only_renewal() {
  return Problem{.status = 403,
                 .title = {},
                 .detail = "this device's certificate has expired: it may be renewed, and nothing else",
                 .reason = "certificate_expired",
                 .code = {}};
}

/// The stable name of what was wrong: the refusal of the certificate when it was that.
std::string fault_name(const TlsError& error) {
  return std::string{error.refusal ? to_string(*error.refusal) : to_string(error.fault)};
}

/// What a certificate is known by, here and on lists.
std::string certificate_of(const PeerIdentity& peer) { return peer.issuer + ' ' + peer.serial_hex; }

Problem overloaded() {
  return Problem{.status = 503,
                 .title = {},
                 .detail = "the gateway has too much to do; try again later",
                 .reason = "overloaded",
                 .code = {}};
}

}  // namespace

struct EstService::Guest {
  enum class State { Shaking, Asking, Waiting, Leaving };

  std::uint64_t id;
  IpAddress source;
  TimePoint deadline;  ///< of what it is at
  TimePoint last;      ///< of all
  TimePoint progress;  ///< when it last came on further; an octet of a device's request is no progress
  FileDescriptor socket;
  std::unique_ptr<Engine> engine;
  std::optional<PeerIdentity> peer;  ///< of a renewal
  std::uint64_t trust_generation = 0;
  State state = State::Shaking;
  KeyUpdateLimit key_updates{};
  EstRequestParser parser{};
  std::size_t sent = 0;
  bool is_shut = false;    ///< we said all
  bool has_ended = false;  ///< it says no more, and may still listen
  std::optional<Poll> poll{};

  [[nodiscard]] bool is_only_renewal() const { return peer && peer->standing != PeerStanding::Good; }
  [[nodiscard]] bool is_talking() const { return state == State::Shaking || state == State::Asking; }
  /// It is waited for, and not owed an answer.
  [[nodiscard]] bool may_give_way() const { return is_talking() || is_shut; }
  [[nodiscard]] bool is_owed_an_answer() const { return !is_talking() && !is_shut; }
  [[nodiscard]] bool wants_write() const { return sent < engine->outbox().size(); }

  /// False when the peer is gone.
  [[nodiscard]] bool flush() { return send_pending(socket.get(), engine->outbox(), sent) != SendState::Gone; }
};

EstService::EstService(std::vector<FileDescriptor> listeners, EstDoor door, EstLimits limits, Handlers handlers)
    : thread_{"enrolment", Suspension::Counts},
      listeners_{std::move(listeners)},
      door_{std::move(door)},
      limits_{limits},
      handlers_{std::move(handlers)},
      limiter_{limits.source},
      all_sources_{limits.per_second, limits.burst, thread_.loop().now().steady},
      strangers_{limits.connections, limits.per_source},
      known_{limits.renewals, limits.per_device},
      certificates_{limits.renewals, limits.per_certificate},
      scratch_(kScratch),
      plaintext_(kScratch),
      tick_{thread_.loop(), [this] { on_tick(); }},
      inbox_{thread_.loop(), kInbox,
             [this](Message&& message) { std::visit([this](auto& each) { take(each); }, message); }} {
  for (const auto& listener : listeners_) {
    const int fd = listener.get();
    auto poll = Poll::watch(thread_.loop(), fd, [this, fd](bool, bool) { on_listener(fd); });
    poll.value().set_interest(true, false);
    listener_polls_.push_back(std::move(*poll));
  }
  tick_.arm(kTick);
}

EstService::~EstService() { thread_.stop(); }

void EstService::take(EstDoor& door) {
  door_ = std::move(door);
  if (door_.context) return;
  listener_polls_.clear();
  listeners_.clear();
}

void EstService::take(VerifiedConnection& verified) {
  const auto early = std::move(verified.early);
  const TimePoint now = thread_.loop().now().steady;
  const TimePoint last = now + limits_.deadline;
  auto guest = std::make_unique<Guest>(Guest{.id = next_id_++,
                                             .source = verified.source,
                                             .deadline = last,
                                             .last = last,
                                             .progress = now,
                                             .socket = std::move(verified.socket),
                                             .engine = std::move(verified.engine),
                                             .peer = {},
                                             .trust_generation = verified.trust_generation});
  guest->peer = guest->engine->peer();
  guest->state = Guest::State::Asking;
  welcome(std::move(guest), early);
}

void EstService::take(Answer& answer) {
  const auto found = guests_.find(answer.id);
  if (found != guests_.end() && found->second->state == Guest::State::Waiting) respond(*found->second, answer.bytes);
}

void EstService::on_listener(int fd) {
  for (int i = 0; i < kAcceptsPerTurn && accept_one(fd); ++i) {
  }
}

/// Without descriptors the listener would call again at once and for ever; the tick tries again.
void EstService::pause_accepting(bool is_paused) {
  for (auto& poll : listener_polls_) poll.set_interest(!is_paused, false);
}

/// False when none waits or none can be taken. Rates and caps are looked at before a TLS object exists.
bool EstService::accept_one(int fd) {
  auto accepted = accept_from(fd);
  if (!accepted) pause_accepting(true);
  if (!accepted || !*accepted) return false;
  const IpAddress source = (*accepted)->source;
  const TimePoint now = thread_.loop().now().steady;
  if (!limiter_.admit(source, now) || !all_sources_.take(now)) {
    handlers_.on_refused({source, {}, "too_fast", "connections for enrolment come faster than the limit allows"});
    return true;
  }
  auto engine = Engine::accept_anybody(*door_.context, thread_.loop().now().wall);
  if (!engine) {
    handlers_.on_refused({source, {}, "overloaded", to_string(engine.error())});
    return true;
  }
  tune_tunnel_socket((*accepted)->socket.get());
  welcome(std::make_unique<Guest>(Guest{.id = next_id_++,
                                        .source = source,
                                        .deadline = now + limits_.handshake,
                                        .last = now + limits_.deadline,
                                        .progress = now,
                                        .socket = std::move((*accepted)->socket),
                                        .engine = std::move(*engine),
                                        .peer = {}}),
          {});
  return true;
}

void EstService::welcome(std::unique_ptr<Guest> guest, Bytes early) {
  auto poll =
      Poll::watch(thread_.loop(), guest->socket.get(), [this, raw = guest.get()](bool, bool) { on_ready(*raw); });
  if (!poll) return note(*guest, "overloaded", poll.error().message);
  guest->poll.emplace(std::move(*poll));
  if (!admit(*guest)) return note(*guest, "too_many", "too many requests for certificates are under way");
  Guest& welcomed = *guests_.emplace(guest->id, std::move(guest)).first->second;
  // What came behind the handshake is in the engine, and no event will announce it.
  if (welcomed.state == Guest::State::Asking && hear(welcomed, early) && !read(welcomed)) return erase(welcomed.id);
  settle(welcomed);
}

bool EstService::admit(const Guest& guest) {
  if (give_place(guest)) return true;
  make_room(guest);
  return give_place(guest);
}

/// Counts the guest, strangers and devices apart: no crowd of strangers keeps a device from its renewal.
bool EstService::give_place(const Guest& guest) {
  if (!guest.peer) return strangers_.enter(source_key(guest.source));
  const auto certificate = certificate_of(*guest.peer);
  if (!certificates_.enter(certificate)) return false;
  if (known_.enter(guest.peer->device)) return true;
  certificates_.leave(certificate);
  return false;
}

/// Whether its end would make room: it has in common with the newcomer what has all the places it may have.
bool EstService::is_rival(const Guest& guest, const Guest& newcomer) const {
  if (guest.peer.has_value() != newcomer.peer.has_value()) return false;
  if (!newcomer.peer) {
    const auto source = source_key(newcomer.source);
    return !strangers_.is_full_of(source) || source_key(guest.source) == source;
  }
  const auto certificate = certificate_of(*newcomer.peer);
  if (certificates_.is_full_of(certificate)) return certificate_of(*guest.peer) == certificate;
  return !known_.is_full_of(newcomer.peer->device) || guest.peer->device == newcomer.peer->device;
}

/// A place is kept while a handshake or a request comes on, and while we are at it. Of strangers, or of devices, the
/// one that came on the longest time ago gives its place up: of the same source, certificate or device, where that has
/// all it may have, of all otherwise. Who has several old certificates of a device could keep all of its places young:
/// a certificate that has none takes one at once, and its request, which comes with it, is beyond their reach then.
void EstService::make_room(const Guest& newcomer) {
  const Guest* idlest = nullptr;
  for (const auto& [id, guest] : guests_) {
    if (!guest->may_give_way() || !is_rival(*guest, newcomer)) continue;
    const auto order = [](const Guest& each) { return std::pair{each.progress, each.id}; };
    if (idlest == nullptr || order(*guest) < order(*idlest)) idlest = guest.get();
  }
  const bool is_crowded_out =
      newcomer.peer && known_.is_full_of(newcomer.peer->device) && !certificates_.has(certificate_of(*newcomer.peer));
  const Duration idle = is_crowded_out ? Duration::zero() : limits_.idle;
  if (idlest == nullptr || thread_.loop().now().steady - idlest->progress < idle) return;
  if (idlest->is_talking()) note(*idlest, "too_many", "others came while it stood still");
  erase(idlest->id);
}

void EstService::on_ready(Guest& guest) {
  const ssize_t n = ::recv(guest.socket.get(), scratch_.data(), scratch_.size(), 0);
  if (n == 0 && guest.is_owed_an_answer()) {
    guest.has_ended = true;
    return settle(guest);
  }
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return erase(guest.id);
  // Once it has asked, nothing it says counts.
  if (n > 0 && guest.is_talking()) {
    guest.engine->feed(Bytes{scratch_}.first(static_cast<std::size_t>(n)));
    if (!shake(guest) || !read(guest)) {
      (void)guest.flush();
      return erase(guest.id);
    }
  }
  settle(guest);
}

/// False when it is over.
bool EstService::shake(Guest& guest) {
  if (guest.state != Guest::State::Shaking) return true;
  const auto done = guest.engine->handshake();
  if (!done) {
    note(guest, fault_name(done.error()), to_string(done.error()));
    return false;
  }
  if (!*done) return true;
  guest.state = Guest::State::Asking;
  note_progress(guest);
  return true;
}

/// Devices that TLS has verified have all of their time where nobody waits for their places; what they ask for comes
/// in one piece.
void EstService::note_progress(Guest& guest) {
  if (guest.peer) return;
  guest.progress = thread_.loop().now().steady;
  guest.deadline = std::min(guest.last, guest.progress + limits_.silence);
}

/// Takes what the engine has; false when it is over.
bool EstService::read(Guest& guest) {
  while (guest.state == Guest::State::Asking) {
    const auto size = guest.engine->read(plaintext_);
    if (!size) {
      if (size.error().fault != TlsFault::Closed) note(guest, fault_name(size.error()), to_string(size.error()));
      return false;
    }
    if (!guest.key_updates.admits(guest.engine->silent_records(), thread_.loop().now().steady)) {
      note(guest, "control_flood", "it changes keys more often than the limit allows");
      return false;
    }
    if (*size == 0 || !hear(guest, Bytes{plaintext_}.first(*size))) break;
  }
  return true;
}

/// True: it goes on talking.
bool EstService::hear(Guest& guest, Bytes plaintext) {
  if (plaintext.empty()) return true;
  note_progress(guest);
  auto request = guest.parser.feed(plaintext);
  if (request && !*request) return true;
  if (request)
    judge(guest, std::move(**request));
  else
    refuse(guest, request.error());
  return false;
}

void EstService::judge(Guest& guest, EstRequest request) {
  const auto wanted = request.operation;
  if (guest.peer ? wanted != EstOperation::Reenroll : wanted == EstOperation::Reenroll) {
    return refuse(guest, EstError::UnknownPath);
  }
  if (wanted == EstOperation::CaCerts) {
    ByteBuffer answer;
    append_est_answer(answer, door_.authorities);
    return respond(guest, answer);
  }
  guest.state = Guest::State::Waiting;
  guest.deadline = guest.last;
  EstAsked asked{guest.id, std::move(request), guest.source, guest.peer, guest.trust_generation, guest.deadline};
  if (handlers_.on_asked(std::move(asked))) return;
  handlers_.on_refused({guest.source, guest.peer, "overloaded", "too many requests for certificates wait"});
  ByteBuffer answer;
  append_est_refusal(answer, overloaded());
  respond(guest, answer);
}

void EstService::refuse(Guest& guest, EstError error) {
  if (guest.is_only_renewal()) return refuse_expired(guest);
  handlers_.on_refused({guest.source, guest.peer, problem_for(error).reason, std::string{describe(error)}});
  ByteBuffer answer;
  append_est_refusal(answer, error);
  respond(guest, answer);
}

/// Whatever it wanted that is not its next certificate.
void EstService::refuse_expired(Guest& guest) {
  const auto problem = only_renewal();
  handlers_.on_refused({guest.source, guest.peer, problem.reason, problem.detail});
  ByteBuffer answer;
  append_est_refusal(answer, problem);
  respond(guest, answer);
}

void EstService::respond(Guest& guest, Bytes answer) {
  guest.state = Guest::State::Leaving;
  guest.progress = thread_.loop().now().steady;
  guest.deadline = guest.last;
  if (guest.engine->write(answer)) guest.engine->close();
  settle(guest);
}

/// Sends what is due. A guest that is gone stays until its socket says so or its time is over.
void EstService::settle(Guest& guest) {
  const bool alive = guest.flush();
  if (alive && guest.state == Guest::State::Leaving && !guest.wants_write() && !guest.is_shut) {
    guest.is_shut = true;
    const Duration drain = guest.has_ended ? Duration::zero() : kDrainTime;
    guest.deadline = std::min(guest.deadline, thread_.loop().now().steady + drain);
    ::shutdown(guest.socket.get(), SHUT_WR);
  }
  guest.poll->set_interest(alive && !guest.has_ended, alive && guest.wants_write());
}

void EstService::note(const Guest& guest, std::string reason, std::string words) {
  handlers_.on_refused({guest.source, guest.peer, std::move(reason), std::move(words)});
}

void EstService::erase(std::uint64_t id) {
  const auto found = guests_.find(id);
  const Guest& guest = *found->second;
  if (guest.peer) {
    known_.leave(guest.peer->device);
    certificates_.leave(certificate_of(*guest.peer));
  } else {
    strangers_.leave(source_key(guest.source));
  }
  found->second->poll.reset();
  guests_.erase(found);
}

void EstService::on_tick() {
  const TimePoint now = thread_.loop().now().steady;
  std::vector<std::uint64_t> late;
  for (const auto& [id, guest] : guests_) {
    if (now >= guest->deadline) late.push_back(id);
  }
  for (const auto id : late) {
    const Guest& guest = *guests_.find(id)->second;
    if (guest.is_talking()) note(guest, "timed_out", "the request for a certificate took longer than its deadline");
    erase(id);
  }
  pause_accepting(false);
  tick_.arm(kTick);
}

}  // namespace sallyport
