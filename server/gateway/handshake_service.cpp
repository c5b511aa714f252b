#include "server/gateway/handshake_service.hpp"

#include "common/base/send_pending.hpp"
#include "common/base/tcp_tuning.hpp"
#include "common/tls/key_update_limit.hpp"
#include "server/gateway/listener.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <utility>

namespace sallyport {
namespace {

/// Handshakes begun per wake-up, and connections looked at; the others wait in the kernel's queue.
constexpr int kBegunPerTurn = 8;
constexpr int kAcceptsPerTurn = 64;
/// The same where those who come in kSessionsFirst wait for one another: what is refused then costs little, and in a
/// queue that overflows devices are lost among strangers.
constexpr int kAcceptsTogether = 256;
constexpr std::size_t kScratch = 20U << 10U;
constexpr auto kTick = std::chrono::milliseconds{500};
/// How soon it is looked again whether those who come can be served.
constexpr auto kResume = std::chrono::milliseconds{2};
/// While sessions wait for a processor, those who come in this time are looked at together.
constexpr auto kSessionsFirst = std::chrono::milliseconds{5};
/// By then a crowd is over, or goes on without a spare engine.
constexpr auto kRefill = std::chrono::milliseconds{100};
/// Those who were refused in this time are told of together.
constexpr auto kTelling = std::chrono::milliseconds{20};

/// The stable name of what was wrong: the refusal of the certificate when it was that.
std::string fault_name(const TlsError& error) {
  return std::string{error.refusal ? to_string(*error.refusal) : to_string(error.fault)};
}

const char* words_for(HandshakeRefusal refusal) {
  switch (refusal) {
    case HandshakeRefusal::TooFast:
      return "this source opens connections faster than the limit allows";
    case HandshakeRefusal::SessionsFirst:
      return "live sessions have no processor to spare and no device came from there lately; a laptop tries again, and "
             "where there is no flood the gateway needs more processors";
    default:
      return "too many handshakes are under way";
  }
}

/// Its peer is gone or never said anything that counts: nothing of the connection stays in the kernel.
void drop(FileDescriptor& socket) {
  const linger none{1, 0};
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &none, sizeof none);
  socket.reset();
}

}  // namespace

struct HandshakeService::HalfOpen {
  std::uint64_t id;
  IpAddress source;
  HandshakeGate::Pass pass;
  TimePoint begun;
  std::uint64_t trust_generation;
  FileDescriptor socket;
  std::unique_ptr<Engine> engine;
  std::size_t sent = 0;
  KeyUpdateLimit key_updates{};
  ByteBuffer greeting{};                 ///< the first plaintext, once there is any
  std::optional<bool> awaits_writing{};  ///< how it is watched; nullopt: not yet

  [[nodiscard]] bool wants_write() const { return sent < engine->outbox().size(); }

  /// False when the peer is gone.
  [[nodiscard]] bool flush() { return send_pending(socket.get(), engine->outbox(), sent) != SendState::Gone; }
};

HandshakeService::HandshakeService(std::vector<FileDescriptor> listeners, TlsIdentity identity, HandshakeLimits limits,
                                   HandshakeGate& gate, Handlers handlers)
    : thread_{"handshake", Suspension::Counts},
      listeners_{std::move(listeners)},
      reserve_{::open("/dev/null", O_RDONLY | O_CLOEXEC)},
      trust_generation_{identity.trust_generation},
      engines_{std::move(identity.context)},
      limits_{limits},
      handlers_{std::move(handlers)},
      gate_{gate},
      polls_{thread_.loop(),
             [this](std::uint64_t id, bool, bool) {
               const auto found = half_open_.find(id);
               if (found != half_open_.end()) on_ready(*found->second);
             }},
      scratch_(kScratch),
      cleartext_(kScratch),
      tick_{thread_.loop(), [this] { on_tick(); }},
      resume_{thread_.loop(), [this] { listen(true, {}); }},
      telling_{thread_.loop(), [this] { tell_all(); }},
      refill_{thread_.loop(), [this] { engines_.prepare(thread_.loop().now().wall); }},
      giving_way_{thread_.loop(), SIZE_MAX, [this](std::uint64_t&& number) { give_way(number); }},
      identity_to_come_{thread_.loop(),
                        [this](TlsIdentity&& next) {
                          trust_generation_ = next.trust_generation;
                          engines_.use(std::move(next.context));
                          if (!refill_.is_armed()) refill_.arm(kRefill);
                        }},
      stop_{thread_.loop(), [this] { stop_listening(); }} {
  for (const auto& listener : listeners_) {
    const int fd = listener.get();
    // Connections inherit it, which saves each of them eight system calls.
    tune_tunnel_socket(fd);
    defer_accept(fd);
    auto poll = Poll::watch(thread_.loop(), fd, [this](bool, bool) { serve_listeners(); });
    poll.value().set_interest(true, false);
    listener_polls_.push_back(std::move(*poll));
  }
  tick_.arm(kTick);
  engines_.prepare(thread_.loop().now().wall);
}

HandshakeService::~HandshakeService() {
  thread_.stop();
  tell_all();
  // While others can still be told to make them give way.
  half_open_.clear();
}

void HandshakeService::stop_listening() {
  listener_polls_.clear();
  listeners_.clear();
  tell_all();
}

/// All of them from one budget, beginning behind the one that was served last: a flood at one address keeps nobody from
/// another, however often accepting pauses.
void HandshakeService::serve_listeners() {
  const bool sessions_first = handlers_.sessions_wait(thread_.loop().now().steady);
  const auto precedence = sessions_first ? Precedence::SessionsFirst : Precedence::AsTheyCome;
  const std::size_t count = listeners_.size();
  int left = sessions_first ? kAcceptsTogether : kAcceptsPerTurn;
  int begun = 0;
  const std::size_t first = next_listener_;
  for (std::size_t empty = 0; empty < count && left > 0 && begun < kBegunPerTurn;) {
    if (should_wait()) return listen(false, kResume);
    const std::size_t at = (first + empty) % count;
    const auto accepted = accept_one(listeners_[at].get(), precedence);
    if (accepted == Accepting::NoneWaits) {
      ++empty;
      continue;
    }
    --left;
    if (accepted == Accepting::Begun) ++begun;
    next_listener_ = (at + 1) % count;
  }
  if (sessions_first) listen(false, kSessionsFirst);
}

/// Until others are through; not while their places are held by peers that do not go on. Who is half-open does not
/// count: that may be strangers who say nothing.
bool HandshakeService::should_wait() { return handlers_.room() == 0 || gate_.is_moving(thread_.loop().now().steady); }

void HandshakeService::listen(bool wanted, Duration again) {
  for (auto& poll : listener_polls_) poll.set_interest(wanted, false);
  if (!wanted) resume_.arm(again);
}

HandshakeService::Accepting HandshakeService::accept_one(int fd, Precedence precedence) {
  auto accepted = accept_from(fd);
  if (!accepted) {
    shed_one(fd);
    return Accepting::NoneWaits;
  }
  if (!*accepted) return Accepting::NoneWaits;
  const IpAddress source = (*accepted)->source;
  auto pass = gate_.admit(source, thread_.loop().now().steady, &gives_way_, precedence);
  if (!pass) {
    tell({.source = source, .refusal = pass.error(), .detail = {}, .words = words_for(pass.error())});
    return Accepting::Refused;
  }
  begin(std::move((*accepted)->socket), source, std::move(*pass));
  return Accepting::Begun;
}

/// Its place went to one who came; it may be over by now.
void HandshakeService::give_way(std::uint64_t number) {
  const auto found = half_open_.find(number);
  if (found == half_open_.end()) return;
  refuse(*found->second, HandshakeRefusal::TooMany, {}, "others came while its handshake took its time");
}

/// Out of descriptors: the reserve takes one connection off the queue so that its peer hears of it.
void HandshakeService::shed_one(int fd) {
  reserve_.reset();
  if (const auto shed = accept_from(fd); shed && *shed) {
    tell({.source = (*shed)->source,
          .refusal = HandshakeRefusal::NoDescriptors,
          .detail = {},
          .words = "the gateway has no file descriptor left; raise LimitNOFILE of its unit"});
  }
  reserve_.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

/// The first who comes after a pause need not wait for one.
Result<std::unique_ptr<Engine>, TlsError> HandshakeService::next_engine() {
  const WallTime now = handlers_.time_of(thread_.loop().now());
  if (!refill_.is_armed()) refill_.arm(kRefill);
  return engines_.next(now);
}

void HandshakeService::begin(FileDescriptor socket, const IpAddress& source, HandshakeGate::Pass&& pass) {
  auto engine = next_engine();
  if (!engine) {
    return tell(
        {.source = source, .refusal = HandshakeRefusal::Overloaded, .detail = {}, .words = to_string(engine.error())});
  }
  const std::uint64_t id = pass.number();
  auto half_open = std::make_unique<HalfOpen>(HalfOpen{.id = id,
                                                       .source = source,
                                                       .pass = std::move(pass),
                                                       .begun = thread_.loop().now().steady,
                                                       .trust_generation = trust_generation_,
                                                       .socket = std::move(socket),
                                                       .engine = std::move(*engine),
                                                       .key_updates = {},
                                                       .greeting = {},
                                                       .awaits_writing = {}});
  auto& begun = *half_open_.emplace(id, std::move(half_open)).first->second;
  // It is accepted because it has said something, as a rule.
  on_ready(begun);
}

void HandshakeService::on_ready(HalfOpen& half_open) {
  const ssize_t n = ::recv(half_open.socket.get(), scratch_.data(), scratch_.size(), 0);
  const bool said_nothing = n < 0 && (errno == EAGAIN || errno == EINTR);
  if (n == 0 || (n < 0 && !said_nothing)) {
    refuse(half_open, HandshakeRefusal::Disconnected, {}, "the peer closed the connection during the handshake");
    return;
  }
  if (said_nothing && !half_open.wants_write()) return await(half_open);
  if (n > 0) half_open.engine->feed(Bytes{scratch_}.first(static_cast<std::size_t>(n)));
  advance(half_open);
}

/// For what it says next, or for room to send.
void HandshakeService::await(HalfOpen& half_open) {
  const bool writing = half_open.wants_write();
  if (half_open.awaits_writing == writing) return;
  const bool is_watched = half_open.awaits_writing.has_value();
  half_open.awaits_writing = writing;
  if (is_watched) return polls_.change(half_open.socket.get(), half_open.id, true, writing);
  if (!polls_.add(half_open.socket.get(), half_open.id, true, writing)) {
    refuse(half_open, HandshakeRefusal::Overloaded, {}, "the system can watch no further connection");
  }
}

void HandshakeService::advance(HalfOpen& half_open) {
  const auto done = half_open.engine->handshake();
  if (!done) {
    (void)half_open.flush();
    refuse(half_open, HandshakeRefusal::Tls, fault_name(done.error()), to_string(done.error()));
    return;
  }
  if (!half_open.flush()) {
    refuse(half_open, HandshakeRefusal::Disconnected, {}, "the peer closed the connection during the handshake");
    return;
  }
  // The engine and the socket leave together, with nothing half sent.
  if (*done && !half_open.wants_write()) {
    sort(half_open);
    return;
  }
  await(half_open);
}

/// Sends the connection to whom it is for. That is known by the first octets that the peer says; what they mean is read
/// elsewhere.
void HandshakeService::sort(HalfOpen& half_open) {
  constexpr std::string_view kPost = "POST ";
  const bool is_good = half_open.engine->peer().standing == PeerStanding::Good;
  if (!is_good) return finish(half_open, handlers_.on_post);
  if (const auto heard = read_greeting(half_open); !heard) {
    if (heard.error().fault == TlsFault::Closed)
      return refuse(half_open, HandshakeRefusal::Disconnected, {}, "the peer closed the connection without a request");
    return refuse(half_open, HandshakeRefusal::Tls, fault_name(heard.error()), to_string(heard.error()));
  }
  const auto said = as_text(half_open.greeting);
  if (kPost.starts_with(said)) return await(half_open);
  finish(half_open, said.starts_with(kPost) ? handlers_.on_post : handlers_.on_verified);
}

/// What the peer said so far, into `greeting`.
Result<void, TlsError> HandshakeService::read_greeting(HalfOpen& half_open) {
  const auto size = half_open.engine->read(cleartext_);
  if (!size) return fail(size.error());
  const TimePoint now = thread_.loop().now().steady;
  if (!half_open.key_updates.admits(half_open.engine->silent_records(), now))
    return fail(TlsError{TlsFault::ControlFlood, {}, {}, "the peer changes keys more often than the limit allows"});
  append(half_open.greeting, Bytes{cleartext_}.first(*size));
  return {};
}

void HandshakeService::finish(HalfOpen& half_open, const std::function<bool(VerifiedConnection&&)>& taker) {
  const std::uint64_t id = half_open.id;
  const IpAddress source = half_open.source;
  gate_.note_good(thread_.loop().now().steady);
  if (half_open.awaits_writing) polls_.remove(half_open.socket.get());
  VerifiedConnection verified{.socket = std::move(half_open.socket),
                              .engine = std::move(half_open.engine),
                              .source = source,
                              .trust_generation = half_open.trust_generation,
                              .early = std::move(half_open.greeting),
                              .counted_as = half_open.pass.counted_as()};
  erase(id);
  if (taker(std::move(verified))) return;
  tell({.source = source,
        .refusal = HandshakeRefusal::Overloaded,
        .detail = {},
        .words = "the gateway has too many connections waiting for admission"});
}

/// An alert on its way reaches the peer only if its socket is closed in order.
void HandshakeService::refuse(HalfOpen& half_open, HandshakeRefusal refusal, std::string detail, std::string words) {
  if (refusal != HandshakeRefusal::Tls) drop(half_open.socket);
  tell({.source = half_open.source, .refusal = refusal, .detail = std::move(detail), .words = std::move(words)});
  erase(half_open.id);
}

void HandshakeService::tell(RefusedHandshake&& refused) {
  refused_.push_back(std::move(refused));
  // Nobody comes any more, and soon nobody hears.
  if (listeners_.empty()) return tell_all();
  if (!telling_.is_armed()) telling_.arm(kTelling);
}

void HandshakeService::tell_all() {
  telling_.cancel();
  for (auto& refused : refused_) handlers_.on_refused(std::move(refused));
  refused_.clear();
}

void HandshakeService::erase(std::uint64_t id) { half_open_.erase(id); }

void HandshakeService::on_tick() {
  const TimePoint now = thread_.loop().now().steady;
  std::vector<HalfOpen*> late;
  for (auto& [id, half_open] : half_open_) {
    if (now - half_open->begun >= limits_.deadline) late.push_back(half_open.get());
  }
  for (HalfOpen* half_open : late) {
    refuse(*half_open, HandshakeRefusal::TimedOut, {}, "the handshake took longer than its deadline");
  }
  tick_.arm(kTick);
}

}  // namespace sallyport
