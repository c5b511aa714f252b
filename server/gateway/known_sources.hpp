#pragma once

#include "common/base/time.hpp"
#include "common/ip/address.hpp"

#include <chrono>
#include <cstddef>
#include <unordered_set>
#include <utility>

namespace sallyport {

/// Where devices came in from lately: for half a day at least, a day at most, or until so many others did. Bounded;
/// nobody gets in here without a device that may have a session. Pure.
class KnownSources {
 public:
  static constexpr Duration kSpan = std::chrono::hours{12};

  /// `most`: of each half of what is remembered.
  explicit KnownSources(std::size_t most = 16384) : most_{most} {}

  /// A device came in from `key` (source_key()).
  void note(const IpAddress& key, TimePoint now) {
    turn(now);
    if (recent_.size() >= most_ && !recent_.contains(key)) age(now);
    recent_.insert(key);
  }
  [[nodiscard]] bool has(const IpAddress& key, TimePoint now) {
    turn(now);
    return recent_.contains(key) || older_.contains(key);
  }

 private:
  void turn(TimePoint now) {
    if (now - began_ < kSpan) return;
    const bool all_are_old = now - began_ >= 2 * kSpan;
    age(now);
    if (all_are_old) older_.clear();
  }
  void age(TimePoint now) {
    older_ = std::exchange(recent_, {});
    began_ = now;
  }

  std::size_t most_;
  TimePoint began_{};
  std::unordered_set<IpAddress> recent_;
  std::unordered_set<IpAddress> older_;
};

}  // namespace sallyport
