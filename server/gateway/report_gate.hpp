#pragma once

#include "server/gateway/lost_reports.hpp"

#include <atomic>
#include <cstddef>

namespace sallyport {

/// What may wait for the control thread: connections, refusals and reports.
inline constexpr std::size_t kControlInbox = 16384;

/// The way of workers' reports to the control thread: what clients bring about as often as they care to never takes the
/// room that admissions need; all else is little for each session and must arrive. From any thread.
class ReportGate {
 public:
  static constexpr std::size_t kMostWaiting = kControlInbox / 2;

  /// True: it may go, and leave() is due when it has arrived. False: it was counted as lost.
  [[nodiscard]] bool enter(const WorkerReport& report) noexcept {
    if (!is_client_made(report)) return true;
    if (waiting_.fetch_add(1) < kMostWaiting) return true;
    waiting_.fetch_sub(1);
    lost_.count(report);
    return false;
  }
  void leave(const WorkerReport& report) noexcept {
    if (is_client_made(report)) waiting_.fetch_sub(1);
  }
  [[nodiscard]] const LostReports& lost() const noexcept { return lost_; }
  /// As that of LostReports.
  [[nodiscard]] SessionLosses take_new_losses() noexcept { return lost_.take_new(); }

 private:
  std::atomic<std::size_t> waiting_{0};
  LostReports lost_;
};

}  // namespace sallyport
