#pragma once

#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>

namespace sallyport {

/// Bounds how often a peer may change keys: 16 times in a minute that begins with the first one. Feed it
/// Engine::silent_records().
class KeyUpdateLimit {
 public:
  static constexpr std::uint64_t kMost = 16;
  static constexpr Duration kWindow = std::chrono::minutes{1};

  /// False when the connection is to be closed.
  [[nodiscard]] bool admits(std::uint64_t silent_records, TimePoint now) noexcept {
    if (!is_started_ || now - window_start_ >= kWindow) {
      is_started_ = true;
      window_start_ = now;
      count_at_start_ = last_;
    }
    last_ = silent_records;
    return silent_records - count_at_start_ <= kMost;
  }

 private:
  bool is_started_ = false;
  TimePoint window_start_{};
  std::uint64_t count_at_start_ = 0;
  std::uint64_t last_ = 0;
};

}  // namespace sallyport
