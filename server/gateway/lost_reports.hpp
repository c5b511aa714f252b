#pragma once

#include "server/gateway/worker_message.hpp"

#include <atomic>
#include <cstdint>
#include <utility>

namespace sallyport {

/// Whether clients bring this about as often as they care to.
[[nodiscard]] inline bool is_client_made(const WorkerReport& report) noexcept {
  return std::holds_alternative<report::Decisions>(report) || std::holds_alternative<report::Denied>(report) ||
         std::holds_alternative<report::AttestRefused>(report) ||
         std::holds_alternative<report::EvidenceRenewed>(report) || std::holds_alternative<report::Lost>(report) ||
         std::holds_alternative<report::FlowsCut>(report);
}

/// Reports that did not reach the control thread because it was too busy. Counted by the workers.
class LostReports {
 public:
  void count(const WorkerReport& report) noexcept {
    if (const auto* events = std::get_if<report::Decisions>(&report)) {
      decisions.fetch_add(events->events.size());
    } else if (const auto* lost = std::get_if<report::Lost>(&report)) {
      decisions.fetch_add(lost->losses.decisions);
      denials.fetch_add(lost->losses.denials);
      unread.fetch_add(lost->losses.unread);
    } else {
      (std::holds_alternative<report::Denied>(report) ? denials : others).fetch_add(1);
    }
  }
  /// Those since the last call; only on the control thread.
  [[nodiscard]] SessionLosses take_new() noexcept {
    const SessionLosses all{.decisions = decisions.load(), .denials = denials.load(), .unread = unread.load()};
    const auto before = std::exchange(taken_, all);
    return {.decisions = all.decisions - before.decisions,
            .denials = all.denials - before.denials,
            .unread = all.unread - before.unread};
  }

  std::atomic<std::uint64_t> decisions{0};
  std::atomic<std::uint64_t> denials{0};
  std::atomic<std::uint64_t> unread{0};  ///< messages, told by those reports
  std::atomic<std::uint64_t> others{0};  ///< of attestation, and of flows that were cut

 private:
  SessionLosses taken_;
};

}  // namespace sallyport
