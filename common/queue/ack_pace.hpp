#pragma once

#include "common/base/time.hpp"
#include "common/ip/ack_filter.hpp"
#include "common/ip/super_packet.hpp"

#include <optional>

namespace sallyport {

/// Lets a flow's acknowledgements go a gap apart, each of which says what those in between said: for a path that loses,
/// where a sender that hears nine of them late in a round trip ends its slow start for good (see AckFilter), and where
/// each that is lost holds up all behind it. What comes alone goes at once. Sans-IO.
///
/// Nothing of a flow overtakes its acknowledgement. A sender takes the window of the last that it hears: one that
/// closed it would end one that opened it since. It counts those for the same octets, to learn of a loss. And it throws
/// away unread, with what they acknowledge, data that it has.
class AckPace {
 public:
  /// True: kept, and given by take() when it is due, unless one that says more comes before. False: goes on now, behind
  /// what take() gives.
  [[nodiscard]] bool hold(const SuperPacket& packet, Duration gap, TimePoint now) noexcept {
    if (is_waiting_) return hold_on(packet, gap, now);
    if (!packet.is_plain() || gap == Duration{}) return false;
    if (last_.hold(packet.bytes)) return wait(gap, now);
    // Of another flow, or no acknowledgement.
    last_.clear();
    if (last_.hold(packet.bytes)) due_ = now + gap;
    return false;
  }

  [[nodiscard]] std::optional<TimePoint> due() const noexcept {
    return is_waiting_ ? std::optional{due_} : std::nullopt;
  }
  /// Nothing: none is due. Borrowed until the next hold().
  [[nodiscard]] Bytes take(Duration gap, TimePoint now) noexcept {
    if (!is_waiting_ || now < due_) return {};
    is_waiting_ = false;
    due_ = now + gap;
    return last_.held();
  }
  void forget() noexcept { is_waiting_ = false; }

 private:
  [[nodiscard]] bool hold_on(const SuperPacket& packet, Duration gap, TimePoint now) noexcept {
    if (packet.is_plain() && last_.hold(packet.bytes)) return wait(gap, now);
    if (last_.is_of_flow(packet.bytes)) due_ = now;
    return false;
  }
  /// Until it is due. False: it is.
  [[nodiscard]] bool wait(Duration gap, TimePoint now) noexcept {
    is_waiting_ = now < due_;
    if (!is_waiting_) due_ = now + gap;
    return is_waiting_;
  }

  AckFilter last_;  ///< that went, or that waits
  TimePoint due_{};
  bool is_waiting_ = false;
};

}  // namespace sallyport
