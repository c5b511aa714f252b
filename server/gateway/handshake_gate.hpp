#pragma once

#include "common/base/result.hpp"
#include "server/gateway/source_limiter.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
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
/// allocated for it. Safe to use from any thread.
class HandshakeGate {
 public:
  /// One handshake under way. Its end frees its place; it does not outlive its gate.
  class Pass {
   public:
    Pass(HandshakeGate& gate, const IpAddress& key) noexcept : gate_{&gate}, key_{key} {}
    Pass(Pass&& other) noexcept : gate_{std::exchange(other.gate_, nullptr)}, key_{other.key_} {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave(key_);
    }

   private:
    HandshakeGate* gate_;
    IpAddress key_;
  };

  explicit HandshakeGate(const HandshakeLimits& limits) : limits_{limits}, limiter_{limits.source} {}

  [[nodiscard]] Result<Pass, HandshakeRefusal> admit(const IpAddress& source, TimePoint now);
  /// The same for one whose admission cost it a place: the rate is not asked again.
  [[nodiscard]] Result<Pass, HandshakeRefusal> place_for(const IpAddress& source);
  /// A good handshake does not count towards the rate of its source.
  void give_back(const IpAddress& source);
  /// The source has all the places it may have.
  [[nodiscard]] bool is_full_of(const IpAddress& source);
  /// All places are taken.
  [[nodiscard]] bool is_full();
  /// A handshake was completed, on whatever thread.
  void note_good(TimePoint now) noexcept { last_good_.store(now, std::memory_order_relaxed); }
  /// All places are taken, and one came free a moment ago: whoever waits gets his turn.
  [[nodiscard]] bool is_moving(TimePoint now);

 private:
  [[nodiscard]] Result<Pass, HandshakeRefusal> place(const IpAddress& key);
  void leave(const IpAddress& key);

  const HandshakeLimits limits_;
  std::atomic<TimePoint> last_good_{TimePoint{}};
  std::mutex mutex_;  ///< of all below; held for a look-up, once for each connection
  SourceLimiter limiter_;
  std::size_t half_open_ = 0;
  std::unordered_map<IpAddress, std::size_t> per_source_;  ///< none is 0
};

}  // namespace sallyport
