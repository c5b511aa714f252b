#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <queue>
#include <random>
#include <vector>

namespace sallyport {

/// What one direction of a link does to its packets.
struct LinkSettings {
  std::chrono::nanoseconds delay{};
  std::chrono::nanoseconds jitter{};      ///< added or taken away, evenly spread; never reorders by itself
  double loss = 0;                        ///< share of packets, 0 to 1, lost on the line
  double rate = 0;                        ///< bits a second, IP headers included; 0: no limit
  std::size_t queue = 400;                ///< packets that wait for the line; what comes then is dropped
  std::size_t mtu = 65535;                ///< octets
  double reorder = 0;                     ///< share of packets that others overtake
  std::chrono::nanoseconds reorder_by{};  ///< how much later those come
  std::uint64_t seed = 1;                 ///< the same packets at the same times meet the same fate

  friend bool operator==(const LinkSettings&, const LinkSettings&) = default;
};

struct LinkStatistics {
  std::uint64_t offered = 0;
  std::uint64_t octets = 0;  ///< of what was delivered
  std::uint64_t delivered = 0;
  std::uint64_t lost = 0;
  std::uint64_t tail_dropped = 0;
  std::uint64_t too_big = 0;
  std::uint64_t reordered = 0;
};

enum class LinkVerdict { accepted, lost, tail_dropped, too_big };

/// One direction of a link: packets and times in, packets out. It has no clock; times never go back.
class LinkQueue {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Packet = std::vector<std::byte>;

  explicit LinkQueue(const LinkSettings& settings) : settings_{settings}, random_{settings.seed} {}

  LinkVerdict offer(Packet packet, Time now);
  /// When the next packet is to be delivered.
  [[nodiscard]] std::optional<Time> due() const;
  /// A packet whose time has come.
  std::optional<Packet> take(Time now);
  [[nodiscard]] const LinkStatistics& statistics() const { return statistics_; }

 private:
  struct OnTheWay {
    Time due;
    std::uint64_t number;
    Packet packet;
  };
  struct Later {
    bool operator()(const OnTheWay& a, const OnTheWay& b) const {
      return a.due != b.due ? a.due > b.due : a.number > b.number;
    }
  };
  bool chance(double share);
  std::optional<Time> put_on_line(std::size_t octets, Time now);
  Time arrival(Time left);

  LinkSettings settings_;
  std::mt19937_64 random_;
  std::deque<Time> waiting_;  ///< when each packet in front of the line will have left it
  Time line_free_{};
  Time latest_arrival_{};
  std::priority_queue<OnTheWay, std::vector<OnTheWay>, Later> on_the_way_;
  std::uint64_t next_number_ = 0;
  LinkStatistics statistics_;
};

/// "Fragmentation needed" (RFC 1191) that answers an IPv4 packet with the don't-fragment bit, from `router`; nothing
/// for any other packet.
std::optional<LinkQueue::Packet> fragmentation_needed(const LinkQueue::Packet& packet, std::uint32_t router,
                                                      std::uint16_t mtu);

}  // namespace sallyport
