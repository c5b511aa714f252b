#pragma once

#include "server/session/cut.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sallyport {

/// How fast what was to be cut was cut, by cause. Pure.
class CutLatencies {
 public:
  /// Of each cause, the latest so many are looked at.
  static constexpr std::size_t kWindow = 1000;
  /// Upper ends of the classes of the histogram; one more class is beyond the last.
  static constexpr std::array kBounds{std::chrono::milliseconds{1},   std::chrono::milliseconds{3},
                                      std::chrono::milliseconds{10},  std::chrono::milliseconds{30},
                                      std::chrono::milliseconds{100}, std::chrono::milliseconds{300},
                                      std::chrono::milliseconds{1000}};
  using Histogram = std::array<std::uint64_t, kBounds.size() + 1>;

  struct Figures {
    Duration p50{};
    Duration p99{};
    Duration max{};
  };
  /// Since the start, without any window: each figure only grows.
  struct Totals {
    std::uint64_t count = 0;
    Histogram effect{};
    Histogram last_packet{};
    Duration effect_sum{};
    Duration last_packet_sum{};
  };
  struct View {
    std::uint64_t count = 0;  ///< since the start
    std::size_t window = 0;   ///< of which these figures are drawn
    Figures effect;
    Figures last_packet;
    Histogram histogram{};  ///< of last_packet, since the start
  };

  void add(const Cut& cut);
  [[nodiscard]] View view(CutCause cause) const;
  [[nodiscard]] const Totals& totals(CutCause cause) const noexcept {
    return samples_[static_cast<std::size_t>(cause)].totals;
  }

 private:
  struct Samples {
    std::vector<Cut> latest;  ///< a ring once it is full
    Totals totals;
  };
  std::array<Samples, kCutCauses> samples_;
};

}  // namespace sallyport
