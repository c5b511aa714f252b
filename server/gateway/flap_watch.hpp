#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>

namespace sallyport {

/// Devices that take over from themselves again and again without being asked to: two laptops with one identity, or a
/// network that keeps breaking. Pure.
class FlapWatch {
 public:
  static constexpr std::size_t kMost = 6;  ///< in kPeriod, without alarm
  static constexpr Duration kPeriod = std::chrono::minutes{1};

  /// It happened once more: how often it did in the last kPeriod, when that is to be said now. A device is told of once
  /// in kPeriod.
  [[nodiscard]] std::optional<std::size_t> note(const DeviceId& device, TimePoint now) {
    if (devices_.size() >= sweep_at_) sweep(now);
    auto& flaps = devices_[device];
    drop_old(flaps, now);
    flaps.times.push_back(now);
    if (flaps.times.size() > kRemembered) flaps.times.pop_front();
    if (flaps.times.size() <= kMost || (flaps.told && now - *flaps.told < kPeriod)) return std::nullopt;
    flaps.told = now;
    return flaps.times.size();
  }

 private:
  static constexpr std::size_t kRemembered = 1000;
  static constexpr std::size_t kFirstSweep = 1024;
  struct Flaps {
    std::deque<TimePoint> times;
    std::optional<TimePoint> told;
  };
  static void drop_old(Flaps& flaps, TimePoint now) {
    while (!flaps.times.empty() && now - flaps.times.front() >= kPeriod) flaps.times.pop_front();
  }
  void sweep(TimePoint now) {
    std::erase_if(devices_, [now](const auto& each) { return now - each.second.times.back() >= kPeriod; });
    sweep_at_ = std::max(kFirstSweep, devices_.size() * 2);
  }

  std::unordered_map<DeviceId, Flaps> devices_;
  std::size_t sweep_at_ = kFirstSweep;
};

}  // namespace sallyport
