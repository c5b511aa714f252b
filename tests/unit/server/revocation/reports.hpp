#pragma once

#include "server/revocation/source_report.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace sallyport {

/// Collects what a poller reports.
class Reports {
 public:
  void add(SourceReport&& report) {
    const std::lock_guard lock{mutex_};
    all_.push_back(std::move(report));
    changed_.notify_all();
  }
  /// The report of this number, from 0; waits for it.
  std::optional<SourceReport> at(std::size_t number,
                                 std::chrono::milliseconds limit = std::chrono::milliseconds{5000}) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, limit, [&] { return all_.size() > number; })) return std::nullopt;
    return all_[number];
  }
  bool wait_for(const std::function<bool(const SourceReport&)>& is_it,
                std::chrono::milliseconds limit = std::chrono::milliseconds{5000}) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, limit, [&] { return std::any_of(all_.begin(), all_.end(), is_it); });
  }
  std::size_t size() {
    const std::lock_guard lock{mutex_};
    return all_.size();
  }
  std::size_t count_of(std::size_t source) {
    const std::lock_guard lock{mutex_};
    return static_cast<std::size_t>(
        std::count_if(all_.begin(), all_.end(), [&](const SourceReport& each) { return each.source == source; }));
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SourceReport> all_;
};

}  // namespace sallyport
