#pragma once

#include "common/base/result.hpp"
#include "server/gateway/counted_as.hpp"
#include "server/gateway/known_sources.hpp"
#include "server/gateway/source_limiter.hpp"
#include "server/gateway/token_bucket.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace sallyport {

struct HandshakeLimits {
  SourceLimits source;
  std::size_t half_open = 512;  ///< handshakes under way at once
  std::size_t half_open_per_source = 32;
  Duration deadline = std::chrono::seconds{10};
  /// One that has been under way for this long gives its place to one who comes. A good handshake takes two round
  /// trips.
  Duration patience = std::chrono::seconds{1};
  /// New connections of a stranger while live sessions wait for a processor. A laptop makes one, and comes back.
  SourceLimits stranger{.per_second = 1, .burst = 2};
  /// ... and of all strangers together, beside as many as may be under way: a tenth of a core.
  double strangers_per_second = 500;
};

/// Why a connection never became a session. The names are stable: audit records carry them.
enum class HandshakeRefusal : std::uint8_t {
  TooFast,
  TooMany,
  TimedOut,
  Disconnected,
  Tls,
  Overloaded,
  NoDescriptors,
  SessionsFirst,  ///< a stranger, while live sessions wait for a processor
};
inline constexpr std::size_t kHandshakeRefusals = static_cast<std::size_t>(HandshakeRefusal::SessionsFirst) + 1;
[[nodiscard]] std::string_view name_of(HandshakeRefusal refusal) noexcept;

/// Who comes first: handshakes as they come, or live sessions, which wait for a processor.
enum class Precedence : std::uint8_t { AsTheyCome, SessionsFirst };

/// Rate and caps of handshakes, the same ones for all threads that accept: says who may begin before anything is
/// allocated for it, and who goes for that. Safe to use from any thread.
class HandshakeGate {
 public:
  /// Told that the handshake of this number has lost its place and is to be ended: on the thread of whoever came, while
  /// the gate is locked.
  using GivesWay = std::function<void(std::uint64_t number)>;

  /// One handshake under way. Its end frees its place; it does not outlive its gate.
  class Pass {
   public:
    Pass(HandshakeGate& gate, std::uint64_t number, CountedAs counted_as) noexcept
        : gate_{&gate}, number_{number}, counted_as_{counted_as} {}
    Pass(Pass&& other) noexcept
        : gate_{std::exchange(other.gate_, nullptr)}, number_{other.number_}, counted_as_{other.counted_as_} {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave(number_);
    }
    /// Higher than that of any that began before, on whatever thread.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    [[nodiscard]] CountedAs counted_as() const noexcept { return counted_as_; }

   private:
    HandshakeGate* gate_;
    std::uint64_t number_;
    CountedAs counted_as_;
  };

  explicit HandshakeGate(const HandshakeLimits& limits)
      : limits_{limits},
        limiter_{limits.source},
        strangers_{limits.stranger},
        all_strangers_{limits.strangers_per_second, static_cast<double>(limits.half_open), TimePoint{}} {}

  /// Where no place is left, whoever is at it for the longest time, and too long, goes: of the same source where that
  /// has all it may have, of all otherwise. What came on in between does not count: an octet a second is no handshake.
  /// `owner` is told when it is this one's turn to go, and outlives the pass; null: nobody is.
  /// Where sessions come first, strangers are held to limits of their own: sources that no device has come in from
  /// lately, unless a crowd of devices is getting through.
  [[nodiscard]] Result<Pass, HandshakeRefusal> admit(const IpAddress& source, TimePoint now,
                                                     const GivesWay* owner = nullptr,
                                                     Precedence precedence = Precedence::AsTheyCome);
  /// A device from there may have a session, and does not ask too often: what its handshake was counted towards, it
  /// counts towards no more; its source is no stranger any more; and many of them are a crowd of devices.
  void give_back(const IpAddress& source, CountedAs counted_as, TimePoint now);
  /// All places are taken.
  [[nodiscard]] bool is_full();
  /// A handshake was completed, on whatever thread.
  void note_good(TimePoint now);
  /// All places are taken, and that came about or one of them came free a moment ago: whoever waits gets his turn.
  /// Nobody waits behind one that may have to give way, unless so many come free that waiting is sooner.
  [[nodiscard]] bool is_moving(TimePoint now);

 private:
  struct UnderWay {
    IpAddress key;
    TimePoint begun;
    const GivesWay* owner;
  };
  using Handshakes = std::map<std::uint64_t, UnderWay>;

  // The mutex is held in these.
  [[nodiscard]] bool is_no_stranger(const IpAddress& source, TimePoint now);
  [[nodiscard]] bool admits_stranger(const IpAddress& source, TimePoint now);
  [[nodiscard]] bool is_full_of(const IpAddress& key) const;
  bool make_room(const IpAddress& key, TimePoint now);
  void remove(Handshakes::iterator handshake);
  [[nodiscard]] bool is_worth_waiting(TimePoint now) const;

  void leave(std::uint64_t number);

  const HandshakeLimits limits_;
  std::atomic<TimePoint> last_good_{TimePoint{}};
  std::mutex mutex_;  ///< of all below; held for a look-up, once for each connection
  SourceLimiter limiter_;
  SourceLimiter strangers_;
  TokenBucket all_strangers_;
  KnownSources known_;
  Handshakes under_way_;  ///< oldest first
  std::uint64_t next_ = 1;
  TimePoint filled_{};                                     ///< when the last place was taken, once in a while
  TimePoint credit_{};                                     ///< until then places come free fast enough
  TimePoint crowd_{};                                      ///< the same of devices that may have a session
  std::unordered_map<IpAddress, std::size_t> per_source_;  ///< none is 0
};

}  // namespace sallyport
