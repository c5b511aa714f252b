#pragma once

#include "common/base/result.hpp"
#include "server/gateway/source_limiter.hpp"

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
};

/// Why a connection never became a session. The names are stable: audit records carry them.
enum class HandshakeRefusal : std::uint8_t { TooFast, TooMany, TimedOut, Disconnected, Tls, Overloaded, NoDescriptors };
[[nodiscard]] std::string_view name_of(HandshakeRefusal refusal) noexcept;

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
    Pass(HandshakeGate& gate, std::uint64_t number) noexcept : gate_{&gate}, number_{number} {}
    Pass(Pass&& other) noexcept : gate_{std::exchange(other.gate_, nullptr)}, number_{other.number_} {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave(number_);
    }
    /// Higher than that of any that began before, on whatever thread.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

   private:
    HandshakeGate* gate_;
    std::uint64_t number_;
  };

  explicit HandshakeGate(const HandshakeLimits& limits) : limits_{limits}, limiter_{limits.source} {}

  /// Where no place is left, whoever is at it for the longest time, and too long, goes: of the same source where that
  /// has all it may have, of all otherwise. What came on in between does not count: an octet a second is no handshake.
  /// `owner` is told when it is this one's turn to go, and outlives the pass; null: nobody is.
  [[nodiscard]] Result<Pass, HandshakeRefusal> admit(const IpAddress& source, TimePoint now,
                                                     const GivesWay* owner = nullptr);
  /// A device from there may have a session: that does not count towards the rate of its source.
  void give_back(const IpAddress& source);
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
  [[nodiscard]] bool is_full_of(const IpAddress& key) const;
  bool make_room(const IpAddress& key, TimePoint now);
  void remove(Handshakes::iterator handshake);
  [[nodiscard]] bool is_worth_waiting(TimePoint now) const;

  void leave(std::uint64_t number);

  const HandshakeLimits limits_;
  std::atomic<TimePoint> last_good_{TimePoint{}};
  std::mutex mutex_;  ///< of all below; held for a look-up, once for each connection
  SourceLimiter limiter_;
  Handshakes under_way_;  ///< oldest first
  std::uint64_t next_ = 1;
  TimePoint filled_{};                                     ///< when the last place was taken, once in a while
  TimePoint credit_{};                                     ///< until then places come free fast enough
  std::unordered_map<IpAddress, std::size_t> per_source_;  ///< none is 0
};

}  // namespace sallyport
