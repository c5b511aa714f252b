#pragma once

#include "common/base/time.hpp"
#include "common/ip/address.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

namespace sallyport {

/// A way through the network: from an address of this laptop to one of the gateway.
struct Way {
  IpAddress from;
  IpAddress to;
  friend auto operator<=>(const Way&, const Way&) = default;
};

/// Octets of data in one TCP segment; unset: as many as the system sends by itself.
using SegmentLimit = std::optional<std::uint16_t>;

/// What one connection takes.
struct OuterPath {
  Way way;
  SegmentLimit limit;      ///< that it began with; both ends keep to it
  bool is_prompt = false;  ///< its first packet was answered: small ones passed, whatever became of large ones
};

/// Ways that swallow large packets without a word (RFC 8899 section 1: a black hole). Path MTU discovery learns nothing
/// there, so a connection begins with smaller segments, which both ends keep to. That is remembered only where it
/// helped: a network that was gone for a moment stalls connections too. Full segments are tried again later, ever more
/// rarely where they fail. Pure.
class PathLimits {
 public:
  /// Fits, with its headers, into the 1,280 octets that any path of IPv6 takes (RFC 8200 section 5).
  static constexpr std::uint16_t kSmall = 1200;
  /// Fits into the 576 octets that any host takes (RFC 9293 section 3.7.1).
  static constexpr std::uint16_t kLeast = 536;
  static constexpr Duration kFirstKept = std::chrono::hours{1};
  static constexpr Duration kLongestKept = std::chrono::hours{24};
  /// After the stall of a session, which is a weaker sign than that of a handshake.
  static constexpr Duration kSuspected = std::chrono::minutes{10};
  /// For connections that begin after a stall, until one shows whether it helps.
  static constexpr Duration kTried = std::chrono::seconds{30};

  /// No way has a limit.
  [[nodiscard]] bool is_empty() const noexcept { return ways_.empty(); }
  [[nodiscard]] SegmentLimit of(const Way& way, TimePoint now) const;

  /// A handshake stalled on it. True: the next one has smaller segments, so that trying again at once is worth it.
  [[nodiscard]] bool note_swallowed(const OuterPath& path, TimePoint now);

  /// A session stalled on it: the next one has small segments. Whether even those are swallowed its handshake shows.
  void note_stalled(const OuterPath& path, TimePoint now);

  /// It came on, while small packets passed and large ones had not: its limit is remembered.
  void note_cured(const OuterPath& path, TimePoint now);

  /// The session that had stalled goes on by itself: it was no question of size.
  void note_recovered(const Way& way);

 private:
  struct Known {
    SegmentLimit limit;
    TimePoint until = TimePoint::min();  ///< the limit counts
    Duration kept{};                     ///< the last time
    Duration pending{};                  ///< for how long, if it helps; 0: nothing is being tried
  };
  Known& at(const Way& way);

  std::map<Way, Known> ways_;
};

}  // namespace sallyport
