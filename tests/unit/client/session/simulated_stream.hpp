#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <random>
#include <set>
#include <vector>

namespace sallyport {

/// What a way through the network does to packets, both directions of it.
struct SimulatedWay {
  Duration round_trip{};
  double loss = 0;  ///< of each packet
  bool swallows_large = false;
  bool swallows_all = false;
};

/// One direction of a TCP connection, as far as it matters for what is found stalled: segments that are acknowledged,
/// sent again when later ones arrived (RFC 8985), by a last probe, and by the timer with waits that double (RFC 6298).
class SimulatedStream {
 public:
  using Deliver = std::function<void(int tag)>;

  /// `way` and `random` outlive this. `deliver`: a segment has come, in order.
  SimulatedStream(const SimulatedWay& way, std::mt19937& random, Deliver deliver);

  void send(int tag, bool is_large, TimePoint now);
  void advance(TimePoint now);

  [[nodiscard]] std::size_t unacknowledged() const noexcept { return segments_.size(); }
  [[nodiscard]] std::uint64_t acknowledged() const noexcept { return first_; }
  [[nodiscard]] std::uint32_t retransmits() const noexcept { return retransmits_; }
  [[nodiscard]] Duration round_trip() const noexcept { return round_trip_; }
  [[nodiscard]] Duration variation() const noexcept { return variation_; }

 private:
  struct Segment {
    int tag = 0;
    bool is_large = false;
    bool is_there = false;  ///< as far as the sender knows
    unsigned tries = 0;
    TimePoint sent{};
  };
  struct OnTheWay {
    TimePoint due;
    std::uint64_t number;    ///< of a segment
    std::uint64_t expected;  ///< of an acknowledgement: all below are there
  };

  [[nodiscard]] bool passes(bool is_large);
  [[nodiscard]] Duration resend_after() const noexcept;
  void transmit(std::uint64_t number, TimePoint now);
  void arrive(std::uint64_t number, TimePoint now);
  void take_acknowledgement(const OnTheWay& acknowledgement, TimePoint now);
  void measure(Duration sample);
  void send_lost_again(TimePoint sent, TimePoint now);
  void restart_timer(TimePoint now);
  void on_timer(TimePoint now);

  const SimulatedWay& way_;
  std::mt19937& random_;
  Deliver deliver_;
  std::deque<Segment> segments_;  ///< sent and not acknowledged
  std::uint64_t first_ = 0;       ///< number of the first of them
  std::vector<OnTheWay> forth_;
  std::vector<OnTheWay> back_;
  std::uint64_t expected_ = 0;  ///< by the receiver
  std::set<std::uint64_t> early_;
  std::deque<int> tags_;  ///< from expected_ on
  Duration round_trip_;
  Duration variation_;
  TimePoint timer_{};
  std::uint32_t retransmits_ = 0;
  bool has_probed_ = false;
};

}  // namespace sallyport
