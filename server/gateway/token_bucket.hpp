#pragma once

#include "common/base/time.hpp"

#include <algorithm>

namespace sallyport {

/// Lets `burst` events through at once and `per_second` on the long run.
class TokenBucket {
 public:
  TokenBucket(double per_second, double burst, TimePoint now) noexcept
      : per_second_{per_second}, burst_{burst}, tokens_{burst}, last_{now} {}

  /// True when one more event is within the rate; it is then counted.
  [[nodiscard]] bool take(TimePoint now) noexcept {
    const std::chrono::duration<double> passed = now - last_;
    last_ = now;
    tokens_ = std::min(burst_, tokens_ + passed.count() * per_second_);
    if (tokens_ < 1.0) return false;
    tokens_ -= 1.0;
    return true;
  }

  /// One event that was let through counts no more.
  void give_back() noexcept { tokens_ = std::min(burst_, tokens_ + 1.0); }

  [[nodiscard]] bool is_full(TimePoint now) const noexcept {
    const std::chrono::duration<double> passed = now - last_;
    return tokens_ + passed.count() * per_second_ >= burst_;
  }

 private:
  double per_second_;
  double burst_;
  double tokens_;
  TimePoint last_;
};

}  // namespace sallyport
