#pragma once

#include "server/gateway/control_books.hpp"
#include "server/gateway/decision_keeper.hpp"
#include "server/gateway/denial_journal.hpp"
#include "server/gateway/gateway_tally.hpp"
#include "server/gateway/loss_book.hpp"
#include "server/gateway/report_gate.hpp"
#include "server/gateway/worker_orders.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>

namespace sallyport {

/// What happens to the decisions of live sessions.
struct DecisionCounts {
  bool is_kept = false;
  std::uint64_t written = 0;
  std::uint64_t lost = 0;  ///< more than a device may have recorded, or than the threads and the disk could take
  std::uint64_t denials_lost = 0;     ///< refusals, likewise
  std::uint64_t reports_lost = 0;     ///< of attestation
  std::uint64_t messages_unread = 0;  ///< of clients, beyond what a session may have read in a second
};

/// Who is shown decisions as they happen.
struct DecisionObserver {
  std::function<void(const DecisionRecord&)> decided;
  std::function<void(SessionId, std::uint64_t count)> lost;
};

/// What the sessions decided, as their workers tell it: into the audit file, the decision log and the journal of
/// refusals, and to whoever traces a device.
class DecisionDesk {
 public:
  /// All outlive this.
  DecisionDesk(const ControlBooks& books, WorkerOrders& orders, GatewayTally& tally, ReportGate& reports,
               LossBook& losses)
      : clock_{books.clock},
        registry_{books.registry},
        journal_{books.journal},
        log_{books.log},
        orders_{orders},
        tally_{tally},
        reports_{reports},
        losses_{losses},
        decisions_{books.log} {}

  /// The decision log; an empty path: none is kept.
  [[nodiscard]] Result<void, FileError> open(const std::string& path) { return decisions_.open(path); }

  void take(const report::Denied& denied);
  void take(const report::Decisions& decisions);
  void take(const report::Lost& lost);

  /// From now on every decision of these devices, and no other's, goes to the observer.
  void trace(std::unordered_set<DeviceId> devices);
  void observe(DecisionObserver observer) { observer_ = std::move(observer); }
  /// One record of each kind a minute for each device that lost something. Call it every second; `is_last`: all of it.
  void record_losses(bool is_last);

  [[nodiscard]] DecisionCounts counts() const noexcept;
  [[nodiscard]] const DenialJournal& denials() const noexcept { return denials_; }

 private:
  void note_allowed(SessionId session, const DecisionEvent& event);
  void remember_policy(const std::shared_ptr<const Policy>& policy);

  const ControlClock& clock_;
  SessionRegistry& registry_;
  AuditJournal& journal_;
  Log& log_;
  WorkerOrders& orders_;
  GatewayTally& tally_;
  ReportGate& reports_;
  LossBook& losses_;
  DecisionKeeper decisions_;
  DenialJournal denials_;
  std::deque<std::shared_ptr<const Policy>> recent_policies_;
  DecisionObserver observer_;
};

}  // namespace sallyport
