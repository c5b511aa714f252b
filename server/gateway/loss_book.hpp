#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "server/session/decision_event.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace sallyport {

/// What was not recorded one by one, gathered into one entry per device and minute. Pure; only on the control thread.
class LossBook {
 public:
  struct Entry {
    DeviceId device;  ///< empty: not known whose
    UserId user;
    SessionId session{};  ///< the latest
    SessionLosses losses;
  };
  static constexpr auto kGathered = std::chrono::minutes{1};

  void add(const Entry& entry, TimePoint now) {
    denials_ += entry.losses.denials;
    unread_ += entry.losses.unread;
    if (entry.losses.decisions == 0 && entry.losses.denials == 0) return;
    if (entries_.empty()) due_ = now + kGathered;
    auto& gathered = entries_[entry.device];
    const auto before = gathered.losses;
    gathered = entry;
    gathered.losses += before;
  }
  [[nodiscard]] bool is_due(TimePoint now) const noexcept { return !entries_.empty() && now >= due_; }
  /// By device.
  [[nodiscard]] std::vector<Entry> take() {
    std::vector<Entry> list;
    for (auto& [device, entry] : entries_) list.push_back(std::move(entry));
    entries_.clear();
    return list;
  }
  /// Refusals that were lost since the start.
  [[nodiscard]] std::uint64_t denials() const noexcept { return denials_; }
  /// Messages of clients that were not read, since the start.
  [[nodiscard]] std::uint64_t unread() const noexcept { return unread_; }

 private:
  std::map<DeviceId, Entry> entries_;
  TimePoint due_{};
  std::uint64_t denials_ = 0;
  std::uint64_t unread_ = 0;
};

}  // namespace sallyport
