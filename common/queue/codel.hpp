#pragma once

#include "common/base/time.hpp"

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace sallyport {

struct CodelSettings {
  Duration target = std::chrono::milliseconds{5};
  Duration interval = std::chrono::milliseconds{100};
};

/// CoDel (RFC 8289): signals to a flow that has kept a standing queue for an interval, more and more often until it is
/// gone. It holds no packets.
class Codel {
 public:
  /// A queue of no more than this is never a standing one.
  static constexpr std::size_t kLargestPacket = 1514;

  /// The packet that is to go now; false-like: none waits. As section 5.5 has it, but for marks, which deliver what
  /// they signal to (section 4.6 of RFC 8290).
  ///   pop():       takes the next packet from the queue, something like a pointer with a member `since`
  ///   backlog():   octets that are left in it
  ///   mark(p):     whether the flow understands a mark, which p has then
  ///   drop(p)
  template <class Pop, class Backlog, class Mark, class Drop>
  [[nodiscard]] auto dequeue(const CodelSettings& settings, TimePoint now, Pop&& pop, Backlog&& backlog, Mark&& mark,
                             Drop&& drop) {
    auto packet = pop();
    bool is_late = judge(packet, settings, now, backlog);
    if (is_dropping_) {
      if (!is_late) is_dropping_ = false;
      while (is_dropping_ && now >= next_) {
        ++count_;
        if (mark(packet)) {
          next_ = after(next_, settings);
          break;
        }
        drop(packet);
        packet = pop();
        is_late = judge(packet, settings, now, backlog);
        if (is_late)
          next_ = after(next_, settings);
        else
          is_dropping_ = false;
      }
    } else if (is_late) {
      if (!mark(packet)) {
        drop(packet);
        packet = pop();
        (void)judge(packet, settings, now, backlog);
      }
      begin_dropping(settings, now);
    }
    return packet;
  }

  [[nodiscard]] bool is_dropping() const noexcept { return is_dropping_; }
  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
  [[nodiscard]] TimePoint next() const noexcept { return next_; }

 private:
  /// Whether the flow has had its interval ("ok_to_drop").
  template <class Packet, class Backlog>
  [[nodiscard]] bool judge(const Packet& packet, const CodelSettings& settings, TimePoint now, Backlog& backlog) {
    if (!packet || now - packet->since < settings.target || backlog() <= kLargestPacket) {
      first_above_ = {};
      return false;
    }
    if (first_above_ == TimePoint{}) {
      first_above_ = now + settings.interval;
      return false;
    }
    return now >= first_above_;
  }

  /// A flow that was in this state a moment ago goes on where it was.
  void begin_dropping(const CodelSettings& settings, TimePoint now) {
    is_dropping_ = true;
    const std::uint32_t delta = count_ - last_count_;
    count_ = delta > 1 && now - next_ < 16 * settings.interval ? delta : 1;
    next_ = after(now, settings);
    last_count_ = count_;
  }

  /// The control law.
  [[nodiscard]] TimePoint after(TimePoint time, const CodelSettings& settings) const {
    const auto interval = std::chrono::duration<double>{settings.interval};
    return time + std::chrono::duration_cast<Duration>(interval / std::sqrt(static_cast<double>(count_)));
  }

  TimePoint first_above_{};  ///< when it will have been above for an interval; the beginning of time: it is not above
  TimePoint next_{};
  std::uint32_t count_ = 0;  ///< signals since this state began
  std::uint32_t last_count_ = 0;
  bool is_dropping_ = false;
};

}  // namespace sallyport
