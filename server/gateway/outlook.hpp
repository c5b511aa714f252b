#pragma once

#include "common/base/time.hpp"
#include "server/trust/forecast.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace sallyport {

/// What will end within the next 30 days, as it was worked out last. Pure.
class Outlook {
 public:
  /// Time to work it out again and to warn: once a day.
  [[nodiscard]] bool is_due(TimePoint now) const noexcept { return now >= next_; }
  /// Older than somebody who asks should be shown.
  [[nodiscard]] bool is_stale(TimePoint now, Duration most = std::chrono::minutes{1}) const noexcept {
    return !worked_out_ || now - *worked_out_ > most;
  }

  /// What was worked out holds no more.
  void forget() noexcept { worked_out_.reset(); }

  void set(std::vector<Ending> endings, Now now, bool warned) {
    endings_ = std::move(endings);
    worked_out_ = now.steady;
    at_ = now.wall;
    ++number_;
    if (warned) next_ = now.steady + std::chrono::hours{24};
  }

  [[nodiscard]] const std::vector<Ending>& endings() const noexcept { return endings_; }
  [[nodiscard]] WallTime at() const noexcept { return at_; }
  /// Another one each time it is worked out.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

  struct Warning {
    WallTime at{};  ///< of the first thing that ends
    std::string words;
  };
  /// One for each authority, list and gateway certificate that should have been replaced by now, one for all devices.
  [[nodiscard]] std::vector<Warning> warnings() const;

 private:
  std::vector<Ending> endings_;
  std::optional<TimePoint> worked_out_;
  TimePoint next_{};
  WallTime at_{};
  std::uint64_t number_ = 0;
};

}  // namespace sallyport
