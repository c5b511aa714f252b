#pragma once

#include "common/base/time.hpp"
#include "common/uv/json_line_server.hpp"
#include "server/record/decision_record.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

namespace sallyport {

/// Whose decisions somebody watches.
struct Trace {
  DeviceId device;
  std::optional<Destination> to;  ///< unset: all
  std::optional<TimePoint> end;   ///< unset: until nobody reads it
  std::uint64_t shown = 0;
};

/// The traces that run. Bounded. Pure.
class TraceBook {
 public:
  using Id = JsonLineServer::RequestId;
  /// At the same time.
  static constexpr std::size_t kMost = 4;

  [[nodiscard]] bool is_full() const noexcept { return traces_.size() >= kMost; }
  /// Requires that it is not full.
  void add(Id id, Trace trace) { traces_.emplace(id, std::move(trace)); }
  /// False: there is none.
  bool remove(Id id) { return traces_.erase(id) != 0; }

  /// Whom this decision is to be shown; they are counted.
  [[nodiscard]] std::vector<Id> show(const DecisionRecord& record) {
    std::vector<Id> readers;
    for (auto& [id, trace] : traces_) {
      if (trace.device != record.evidence.device || (trace.to && *trace.to != record.destination)) continue;
      ++trace.shown;
      readers.push_back(id);
    }
    return readers;
  }
  [[nodiscard]] std::vector<Id> readers_of(const DeviceId& device) const {
    std::vector<Id> readers;
    for (const auto& [id, trace] : traces_) {
      if (trace.device == device) readers.push_back(id);
    }
    return readers;
  }
  /// Those whose time is over; they run no more.
  [[nodiscard]] std::vector<std::pair<Id, Trace>> take_over(TimePoint now) {
    std::vector<std::pair<Id, Trace>> over;
    for (const auto& [id, trace] : traces_) {
      if (trace.end && now >= *trace.end) over.emplace_back(id, trace);
    }
    for (const auto& [id, trace] : over) traces_.erase(id);
    return over;
  }

  [[nodiscard]] std::unordered_set<DeviceId> devices() const {
    std::unordered_set<DeviceId> devices;
    for (const auto& [id, trace] : traces_) devices.insert(trace.device);
    return devices;
  }
  /// When the next one is over.
  [[nodiscard]] std::optional<TimePoint> next_end() const {
    std::optional<TimePoint> next;
    for (const auto& [id, trace] : traces_) {
      if (trace.end) next = next ? std::min(*next, *trace.end) : *trace.end;
    }
    return next;
  }

 private:
  std::map<Id, Trace> traces_;
};

}  // namespace sallyport
