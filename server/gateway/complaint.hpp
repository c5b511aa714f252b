#pragma once

#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace sallyport {

/// Something that fails again and again is said at most once a minute, with how often it was. Pure.
class Complaint {
 public:
  /// It failed once more. True: say it.
  [[nodiscard]] bool is_due(WallTime now) noexcept {
    ++count_;
    const bool is_recent = said_ && now >= *said_ && now - *said_ < std::chrono::minutes{1};
    if (!is_recent) said_ = now;
    return !is_recent;
  }
  /// Failures since it was said last.
  [[nodiscard]] std::uint64_t take_count() noexcept { return std::exchange(count_, 0); }

 private:
  std::optional<WallTime> said_;
  std::uint64_t count_ = 0;
};

}  // namespace sallyport
