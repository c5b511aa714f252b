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

/// Connections accepted per wake-up; the others wait in the kernel's queue.
constexpr int kAcceptsPerTurn = 8;
constexpr std::size_t kScratch = 20U << 10U;
constexpr auto kTick = std::chrono::milliseconds{500};
/// How soon it is looked again whether those who come can be served.
constexpr auto kResume = std::chrono::milliseconds{2};
/// Where all places are taken and none of those who have them gets further within this time, waiting helps nobody.
constexpr auto kProgress = std::chrono::milliseconds{20};

/// The stable name of what was wrong: the refusal of the certificate when it was that.
std::string fault_name(const TlsError& error) {
  return std::string{error.refusal ? to_string(*error.refusal) : to_string(error.fault)};
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
  ByteBuffer greeting{};  ///< the first plaintext, once there is any
  std::optional<Poll> poll;

  [[nodiscard]] bool wants_write() const { return sent < engine->outbox().size(); }

  /// False when the peer is gone.
  [[nodiscard]] bool flush() { return send_pending(socket.get(), engine->outbox(), sent) != SendState::Gone; }
};

HandshakeService::HandshakeService(std::vector<FileDescriptor> listeners, TlsIdentity identity, HandshakeLimits limits,
                                   HandshakeGate& gate, Handlers handlers)
    : thread_{"handshake"},
      listeners_{std::move(listeners)},
      reserve_{::open("/dev/null", O_RDONLY | O_CLOEXEC)},
      identity_{std::move(identity)},
      limits_{limits},
      handlers_{std::move(handlers)},
      gate_{gate},
      scratch_(kScratch),
      cleartext_(kScratch),
      tick_{thread_.loop(), [this] { on_tick(); }},
      resume_{thread_.loop(), [this] { listen(true); }},
      giving_way_{thread_.loop(), SIZE_MAX, [this](std::uint64_t&& number) { give_way(number); }},
      identity_to_come_{thread_.loop(), [this](TlsIdentity&& next) { identity_ = std::move(next); }},
      stop_{thread_.loop(), [this] { stop_listening(); }} {
  for (const auto& listener : listeners_) {
    const int fd = listener.get();
    // Connections inherit it, which saves each of them eight system calls.
    tune_tunnel_socket(fd);
    auto poll = Poll::watch(thread_.loop(), fd, [this, fd](bool, bool) { on_listener(fd); });
    poll.value().set_interest(true, false);
    listener_polls_.push_back(std::move(*poll));
  }
  tick_.arm(kTick);
}

HandshakeService::~HandshakeService() {
  thread_.stop();
  // While others can still be told to make them give way.
  half_open_.clear();
}

void HandshakeService::stop_listening() {
  listener_polls_.clear();
  listeners_.clear();
}

void HandshakeService::on_listener(int fd) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    if (should_wait()) return listen(false);
    if (!accept_one(fd)) return;
  }
}

/// Until others are through; not while their places are held by peers that do not go on.
bool HandshakeService::should_wait() {
  if (half_open_.size() >= handlers_.room()) return true;
  return gate_.is_full() && thread_.loop().now().steady - last_good_ < kProgress;
}

void HandshakeService::listen(bool wanted) {
  for (auto& poll : listener_polls_) poll.set_interest(wanted, false);
  if (!wanted) resume_.arm(kResume);
}

/// False when none waits.
bool HandshakeService::accept_one(int fd) {
  auto accepted = accept_from(fd);
  if (!accepted) {
    shed_one(fd);
    return false;
  }
  if (!*accepted) return false;
  const IpAddress source = (*accepted)->source;
  const auto refuse_early = [&](HandshakeRefusal refusal, const char* words) {
    handlers_.on_refused({.source = source, .refusal = refusal, .detail = {}, .words = words});
    return true;
  };
  auto pass = gate_.admit(source, thread_.loop().now().steady, &gives_way_);
  if (!pass) {
    return refuse_early(pass.error(), pass.error() == HandshakeRefusal::TooFast
                                          ? "this source opens connections faster than the limit allows"
                                          : "too many handshakes are under way");
  }
  begin(std::move((*accepted)->socket), source, std::move(*pass));
  return true;
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
    handlers_.on_refused({.source = (*shed)->source,
                          .refusal = HandshakeRefusal::NoDescriptors,
                          .detail = {},
                          .words = "the gateway has no file descriptor left; raise LimitNOFILE of its unit"});
  }
  reserve_.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

void HandshakeService::begin(FileDescriptor socket, const IpAddress& source, HandshakeGate::Pass&& pass) {
  auto engine = Engine::accept(*identity_.context, handlers_.time_of(thread_.loop().now()));
  if (!engine) {
    handlers_.on_refused(
        {.source = source, .refusal = HandshakeRefusal::Overloaded, .detail = {}, .words = to_string(engine.error())});
    return;
  }
  const std::uint64_t id = pass.number();
  auto half_open = std::make_unique<HalfOpen>(HalfOpen{.id = id,
                                                       .source = source,
                                                       .pass = std::move(pass),
                                                       .begun = thread_.loop().now().steady,
                                                       .trust_generation = identity_.trust_generation,
                                                       .socket = std::move(socket),
                                                       .engine = std::move(*engine),
                                                       .key_updates = {},
                                                       .greeting = {},
                                                       .poll = {}});
  auto poll = Poll::watch(thread_.loop(), half_open->socket.get(),
                          [this, raw = half_open.get()](bool, bool) { on_ready(*raw); });
  if (!poll) {
    handlers_.on_refused(
        {.source = source, .refusal = HandshakeRefusal::Overloaded, .detail = {}, .words = poll.error().message});
    return;
  }
  half_open->poll.emplace(std::move(*poll));
  half_open->poll->set_interest(true, false);
  half_open_.emplace(id, std::move(half_open));
}

void HandshakeService::on_ready(HalfOpen& half_open) {
  const ssize_t n = ::recv(half_open.socket.get(), scratch_.data(), scratch_.size(), 0);
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
    refuse(half_open, HandshakeRefusal::Disconnected, {}, "the peer closed the connection during the handshake");
    return;
  }
  if (n > 0) half_open.engine->feed(Bytes{scratch_}.first(static_cast<std::size_t>(n)));
  advance(half_open);
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
  half_open.poll->set_interest(true, half_open.wants_write());
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
  if (kPost.starts_with(said)) return half_open.poll->set_interest(true, half_open.wants_write());
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
  last_good_ = thread_.loop().now().steady;
  half_open.poll->release();
  VerifiedConnection verified{.socket = std::move(half_open.socket),
                              .engine = std::move(half_open.engine),
                              .source = source,
                              .trust_generation = half_open.trust_generation,
                              .early = std::move(half_open.greeting)};
  erase(id);
  if (taker(std::move(verified))) return;
  handlers_.on_refused({.source = source,
                        .refusal = HandshakeRefusal::Overloaded,
                        .detail = {},
                        .words = "the gateway has too many connections waiting for admission"});
}

void HandshakeService::refuse(HalfOpen& half_open, HandshakeRefusal refusal, std::string detail, std::string words) {
  handlers_.on_refused(
      {.source = half_open.source, .refusal = refusal, .detail = std::move(detail), .words = std::move(words)});
  erase(half_open.id);
}

void HandshakeService::erase(std::uint64_t id) {
  const auto found = half_open_.find(id);
  found->second->poll.reset();
  half_open_.erase(found);
}

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
