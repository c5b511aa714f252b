#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <random>

namespace sallyport {

/// When a device asks for its next certificate: at two thirds of the lifetime of the one it has and a little later, so
/// that laptops that were enrolled together do not come together; after a failure again, ever more rarely. Pure.
class RenewalSchedule {
 public:
  explicit RenewalSchedule(std::uint64_t seed) : random_{seed} {}

  /// The device has this certificate now. The same one again changes nothing.
  void follow(WallTime not_before, WallTime not_after);
  /// The certificate is to be renewed within that time, if it was not due sooner. Once a minute at most: a gateway must
  /// not have a laptop renew without end.
  void hurry(WallTime now, std::chrono::seconds within);
  /// An attempt came to nothing.
  void note_failure(WallTime now);
  /// A clock that was set back to before the last failure: that one says nothing any more, whenever the next attempt
  /// was to be.
  void follow_clock(WallTime now) noexcept;

  [[nodiscard]] bool is_due(WallTime now) const noexcept { return now >= due_; }
  /// kNever: there is no certificate to follow.
  [[nodiscard]] WallTime due() const noexcept { return due_; }

 private:
  [[nodiscard]] std::chrono::seconds up_to(std::chrono::seconds most);

  std::mt19937_64 random_;
  WallTime not_before_{};
  WallTime not_after_{};
  WallTime first_due_ = kNever;
  WallTime due_ = kNever;
  WallTime hurried_{};
  WallTime failed_{};            ///< the last time; long ago: not at all
  std::chrono::seconds wait_{};  ///< after the next failure
};

}  // namespace sallyport
