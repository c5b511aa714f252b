#pragma once

#include "common/base/path_sample.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <optional>

namespace sallyport {

/// Holds a connection that overfills the queue on its way to what arrives there.
///
/// BBR takes the best rate that it saw for that of the path. Where deliveries come in bursts, that is more than the
/// path takes: its queue stays full and drops a tenth of everything, and each repair is a round trip in which all that
/// was sent later waits. Little loss, or loss without a queue, is not of our making, and nothing is held back for it.
class OverrunBrake {
 public:
  /// No limit, as set_rate_limit() has it.
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};

  /// The kernel's new limit in octets a second, or kNone, when it is another one. To be called every few ten
  /// milliseconds while something is sent.
  [[nodiscard]] std::optional<std::uint64_t> follow(const PathSample& sample, TimePoint now) noexcept;

 private:
  void begin(const PathSample& sample, TimePoint now) noexcept;
  void judge(const PathSample& sample, TimePoint now) noexcept;
  void hold(double rate, TimePoint now) noexcept;

  PathSample first_;  ///< of the window
  TimePoint since_{};
  TimePoint until_{};
  double limit_ = 0;  ///< octets a second; 0: none
  double least_ = 0;
  bool is_heavy_ = false;  ///< the window before lost much
};

}  // namespace sallyport
