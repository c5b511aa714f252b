#pragma once

#include "common/base/pacing_need.hpp"
#include "common/queue/ack_pace.hpp"
#include "common/queue/flow_queue.hpp"
#include "common/queue/outside_pace.hpp"
#include "common/queue/overrun_brake.hpp"
#include "common/queue/stand_watch.hpp"
#include "common/queue/start_up_watch.hpp"
#include "common/queue/unread_limit.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace sallyport {

/// A session's way out. Packets go straight on while the connection takes everything and does not stand; what cannot go
/// waits in a queue of its flow, which is there only while something waits.
class Egress {
 public:
  /// Octets that wait for one session in user space, in all places together.
  static constexpr std::size_t kMostWaiting = 252U << 10U;

  [[nodiscard]] bool is_clear() const noexcept { return !queue_ || queue_->is_empty(); }
  /// `elsewhere`: octets that wait behind the queue. `let_in` is given back with the packet.
  void hold(const SuperPacket& packet, std::size_t elsewhere, const LetIn& let_in, QueueHome& home, TimePoint now) {
    if (!queue_) queue_ = std::make_unique<FlowQueue>(home);
    const std::size_t room = elsewhere < kMostWaiting ? kMostWaiting - elsewhere : 0;
    const auto before = queue_->counters().queued;
    queue_->push(packet, {room, pace_.largest_piece(), let_in}, now);
    if (!stands()) return;
    queue_->stop_clock(now);
    gone_.held += queue_->counters().queued - before;
  }
  [[nodiscard]] std::optional<FlowQueue::Held> next(TimePoint now) {
    return queue_ ? queue_->pop(pace_.codel(), now) : std::nullopt;
  }
  /// What waits in `other`, of the same thread, waits here from now on.
  void inherit(Egress& other) noexcept {
    if (!other.is_clear()) {
      release();
      queue_ = std::move(other.queue_);
    }
    if (!other.acks_.due()) return;
    acks_ = other.acks_;
    other.acks_.forget();
  }
  /// Nothing waits any more, and no memory is used: what waited is lost.
  void release() noexcept {
    if (queue_) {
      gone_ += queue_->counters();
      gone_.dropped_ended += queue_->packets();
    }
    queue_.reset();
    acks_.forget();
  }

  /// Before anything else is done with a packet. True: it is an acknowledgement that waits for others of its flow.
  /// False: it goes on now, behind what take_ack() gives.
  [[nodiscard]] bool delay_ack(const SuperPacket& packet, TimePoint now) noexcept {
    const bool had_one = acks_.due().has_value();
    const bool waits = acks_.hold(packet, pace_.ack_gap(), now);
    if (had_one && (waits || !acks_.due())) ++gone_.joined;
    return waits;
  }
  /// The one that is to go now, empty: none. Borrowed until the next call of delay_ack().
  [[nodiscard]] Bytes take_ack(TimePoint now) noexcept { return acks_.take(pace_.ack_gap(), now); }
  [[nodiscard]] std::optional<TimePoint> ack_due() const noexcept { return acks_.due(); }

  /// What the kernel says of the connection; nullopt: it does not say.
  void follow(const std::optional<PathSample>& sample, TimePoint now) noexcept {
    if (!sample) return standing_.forget();
    standing_.follow(*sample, now);
    if (stands() && queue_) queue_->stop_clock(now);
  }
  /// Nobody hears the connection: what is to go waits, until it goes on or another one takes over.
  [[nodiscard]] bool stands() const noexcept { return standing_.stands(); }
  /// Something came by it.
  void hear() noexcept {
    if (stands()) standing_.hasten();
  }
  /// The kernel is to be asked before anything is given to it.
  [[nodiscard]] bool wants_look(TimePoint now) const noexcept {
    return stands() ? now >= standing_.due() : pace_.is_due(now);
  }
  /// When it is to be asked for the sake of what waits until the connection goes on. Nullopt: nothing does.
  [[nodiscard]] std::optional<TimePoint> look_due() const noexcept {
    return stands() && !is_clear() ? std::optional{standing_.due()} : std::nullopt;
  }

  [[nodiscard]] OutsidePace& pace() noexcept { return pace_; }
  [[nodiscard]] OverrunBrake& brake() noexcept { return brake_; }
  [[nodiscard]] StartUpWatch& start_up() noexcept { return start_up_; }
  [[nodiscard]] UnreadLimit& unread() noexcept { return unread_; }
  /// Its socket is without pacing, and gets BBR when it needs it.
  void pace_by_need() noexcept { pacing_.emplace(); }
  /// As long as the socket does not pace.
  [[nodiscard]] std::optional<PacingNeed>& pacing() noexcept { return pacing_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return queue_ ? queue_->octets() : 0; }
  [[nodiscard]] QueueCounters counters() const noexcept {
    QueueCounters all = gone_;
    if (queue_) all += queue_->counters();
    return all;
  }

 private:
  std::unique_ptr<FlowQueue> queue_;
  AckPace acks_;
  StandWatch standing_;
  OutsidePace pace_;
  OverrunBrake brake_;
  StartUpWatch start_up_;
  UnreadLimit unread_;
  std::optional<PacingNeed> pacing_;
  QueueCounters gone_;  ///< of queues that are not there any more, and what no queue counts
};

}  // namespace sallyport
