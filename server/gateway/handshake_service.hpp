#pragma once

#include "common/tls/context.hpp"
#include "common/uv/async.hpp"
#include "common/uv/loop_thread.hpp"
#include "common/uv/mailbox.hpp"
#include "common/uv/newest.hpp"
#include "common/uv/poll.hpp"
#include "common/uv/poll_set.hpp"
#include "common/uv/timer.hpp"
#include "server/gateway/handshake_gate.hpp"
#include "server/gateway/spare_engine.hpp"
#include "server/gateway/verified_connection.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace sallyport {

/// The TLS side of one trust bundle, and its number among those this process has used.
struct TlsIdentity {
  std::shared_ptr<const ServerContext> context;
  std::uint64_t trust_generation = 0;
};

struct RefusedHandshake {
  IpAddress source;
  HandshakeRefusal refusal;
  std::string detail;  ///< for Tls: the stable name of what was wrong
  std::string words;
};

/// Accepts connections and takes them through TLS on a thread of its own, so that a flood of hellos costs the
/// established sessions no more than its share of the processor. Rate and caps are checked before a TLS object exists.
/// Several may share their listening sockets and the gate.
/// When more come at once than can be served, as after a restart, they wait in the kernel's queue while others are
/// served: nobody who is turned away comes back sooner than his turn would have come.
class HandshakeService {
 public:
  /// All are called on this service's thread. Those that take a connection return false when nobody can.
  struct Handlers {
    /// Its peer's standing is Good.
    std::function<bool(VerifiedConnection&&)> on_verified;
    /// Its peer posts something, or may do nothing but renew.
    std::function<bool(VerifiedConnection&&)> on_post;
    /// Up to 20 ms later, so that a flood does not wake whoever is told for each of its hellos. What is left when the
    /// service ends is told by the thread that ends it.
    std::function<void(RefusedHandshake&&)> on_refused;
    /// The time that certificates are judged at.
    std::function<WallTime(Now)> time_of = [](Now now) { return now.wall; };
    /// How many more connections on_verified wants now; those whose handshake is under way it takes besides.
    std::function<std::size_t()> room = [] { return SIZE_MAX; };
    /// Whether live sessions wait for a processor.
    std::function<bool(TimePoint)> sessions_wait = [](TimePoint) { return false; };
  };

  /// `listeners` are bound, listening and non-blocking. `gate` outlives this.
  HandshakeService(std::vector<FileDescriptor> listeners, TlsIdentity identity, HandshakeLimits limits,
                   HandshakeGate& gate, Handlers handlers);
  ~HandshakeService();
  HandshakeService(const HandshakeService&) = delete;
  HandshakeService& operator=(const HandshakeService&) = delete;

  void start() { thread_.start(); }

  /// From any thread: new connections use `identity`, or a newer one that came before it was taken; handshakes under
  /// way keep theirs and are told apart by its generation. Cannot fail: a reload that said it is in force must be.
  void replace_identity(TlsIdentity identity) { identity_to_come_.put(std::move(identity)); }

  /// From any thread, final: no connection is accepted after this thread's current turn.
  void stop_accepting() { stop_.send(); }

 private:
  struct HalfOpen;
  enum class Accepting : std::uint8_t { NoneWaits, Refused, Begun };

  void stop_listening();
  void serve_listeners();
  [[nodiscard]] bool should_wait();
  void listen(bool wanted, Duration again);
  Accepting accept_one(int fd, Precedence precedence);
  void shed_one(int fd);
  void give_way(std::uint64_t number);
  [[nodiscard]] Result<std::unique_ptr<Engine>, TlsError> next_engine();
  void begin(FileDescriptor socket, const IpAddress& source, HandshakeGate::Pass&& pass);
  void on_ready(HalfOpen& half_open);
  void await(HalfOpen& half_open);
  void advance(HalfOpen& half_open);
  [[nodiscard]] Result<void, TlsError> read_greeting(HalfOpen& half_open);
  void sort(HalfOpen& half_open);
  void finish(HalfOpen& half_open, const std::function<bool(VerifiedConnection&&)>& taker);
  void refuse(HalfOpen& half_open, HandshakeRefusal refusal, std::string detail, std::string words);
  void tell(RefusedHandshake&& refused);
  void tell_all();
  void erase(std::uint64_t id);
  void on_tick();

  LoopThread thread_;
  std::vector<FileDescriptor> listeners_;
  std::vector<Poll> listener_polls_;
  std::size_t next_listener_ = 0;  ///< the one behind whoever was served last
  FileDescriptor reserve_;         ///< given up to refuse a connection when descriptors run out
  std::uint64_t trust_generation_;
  SpareEngine engines_;  ///< by the trust of that generation
  HandshakeLimits limits_;
  Handlers handlers_;
  HandshakeGate& gate_;
  std::map<std::uint64_t, std::unique_ptr<HalfOpen>> half_open_;  ///< by the numbers of their passes: oldest first
  PollSet polls_;                                                 ///< of their sockets, by the same numbers
  std::vector<RefusedHandshake> refused_;                         ///< to be told of
  ByteBuffer scratch_;
  ByteBuffer cleartext_;
  Timer tick_;
  Timer resume_;                       ///< armed while those who come wait
  Timer telling_;                      ///< armed while somebody is to be told of
  Timer refill_;                       ///< armed while a spare engine is missing
  Mailbox<std::uint64_t> giving_way_;  ///< numbers of handshakes that lost their place
  const HandshakeGate::GivesWay gives_way_ = [this](std::uint64_t number) { giving_way_.push(std::uint64_t{number}); };
  Newest<TlsIdentity> identity_to_come_;
  Async stop_;
};

}  // namespace sallyport
