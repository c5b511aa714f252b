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
  /// An attempt came to nothing.
  void note_failure(WallTime now);

  [[nodiscard]] bool is_due(WallTime now) const noexcept { return now >= due_; }
  /// kNever: there is no certificate to follow.
  [[nodiscard]] WallTime due() const noexcept { return due_; }

 private:
  [[nodiscard]] std::chrono::seconds up_to(std::chrono::seconds most);

  std::mt19937_64 random_;
  WallTime not_before_{};
  WallTime not_after_{};
  WallTime due_ = kNever;
  std::chrono::seconds wait_{};  ///< after the next failure
};

}  // namespace sallyport
