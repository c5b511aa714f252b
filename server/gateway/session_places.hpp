#pragma once

#include "common/base/ids.hpp"
#include "server/gateway/worker_number.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace sallyport {

/// Which worker serves which session. All sessions of one device are on one worker, so that one of them can take over
/// from another in one step. Pure; only on the control thread.
class SessionPlaces {
 public:
  /// Requires at least one worker.
  explicit SessionPlaces(std::size_t workers) : sessions_(workers) {}

  /// Where its device is already; else where the fewest sessions are.
  WorkerNumber add(SessionId session, const DeviceId& device) {
    auto& place = devices_.try_emplace(device, Place{idlest(), 0}).first->second;
    ++place.sessions;
    ++sessions_[index_of(place.worker)];
    places_.insert_or_assign(session, device);
    return place.worker;
  }
  void remove(SessionId session) {
    const auto found = places_.find(session);
    if (found == places_.end()) return;
    const auto device = devices_.find(found->second);
    --sessions_[index_of(device->second.worker)];
    if (--device->second.sessions == 0) devices_.erase(device);
    places_.erase(found);
  }

  [[nodiscard]] std::optional<WorkerNumber> worker_of(SessionId session) const {
    const auto found = places_.find(session);
    if (found == places_.end()) return std::nullopt;
    return devices_.at(found->second).worker;
  }
  [[nodiscard]] std::size_t sessions_of(WorkerNumber worker) const { return sessions_[index_of(worker)]; }
  /// Has the fewest sessions; of several the first.
  [[nodiscard]] WorkerNumber idlest() const {
    return WorkerNumber{
        static_cast<std::uint8_t>(std::min_element(sessions_.begin(), sessions_.end()) - sessions_.begin())};
  }

 private:
  struct Place {
    WorkerNumber worker;
    std::size_t sessions;
  };

  std::vector<std::size_t> sessions_;  ///< of each worker
  std::unordered_map<DeviceId, Place> devices_;
  std::unordered_map<SessionId, DeviceId> places_;
};

}  // namespace sallyport
