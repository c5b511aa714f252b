#pragma once

#include "server/gateway/ticket_book.hpp"
#include "server/gateway/workforce.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace sallyport {

/// What all workers count together.
struct GatewayStatus {
  std::vector<SessionView> sessions;
  FilterStats drops;                  ///< of the sessions that live
  QueueCounters queue;                ///< of all sessions since the start
  std::vector<WorkerView> workers{};  ///< in no order
};

/// What the workers are told, and what comes back once all of them have carried it out. Only on the control thread.
class WorkerOrders {
 public:
  /// The number is of the sessions it was about.
  using WhenDone = std::function<void(std::size_t ended)>;

  /// From here on there is somebody to tell. `workers` lives as long as anybody is told something.
  void begin(Workforce& workers) noexcept { workers_ = &workers; }

  template <class Command>
  void tell(const Command& command) {
    workers_->tell(command);
  }
  void tell(SessionId session, WorkerCommand&& command) { workers_->tell(session, std::move(command)); }
  [[nodiscard]] bool adopt(command::Adopt&& adopt) { return workers_->adopt(std::move(adopt)); }
  void forget(SessionId session) { workers_->forget(session); }

  /// For one command to all of them; `when_done` runs when the last has carried it out.
  [[nodiscard]] Ticket open(TicketBook::WhenDone when_done) {
    return tickets_.open(workers_->size(), std::move(when_done));
  }

  /// `origin`: what the end is measured from.
  void end_sessions(const std::vector<SessionId>& sessions, EndReason reason, WhenDone when_done,
                    const std::optional<CutOrigin>& origin = {});
  /// `is_brief`: without the sessions one by one.
  void query(std::function<void(GatewayStatus)> when_done, bool is_brief = false);
  /// What a policy would do to the live sessions: `ready` are their rights by it, `losing` would lose access.
  void measure(std::shared_ptr<const Policy> candidate, std::vector<std::shared_ptr<const Rights>> ready,
               std::shared_ptr<const std::unordered_set<SessionId>> losing,
               std::function<void(PolicyImpact)> when_done);
  /// The live flows of these sessions, at most `limit` of them.
  void list_flows(const std::vector<SessionId>& sessions, std::size_t limit,
                  std::function<void(report::Flows)> when_done);

  void take(const report::Done& done) { tickets_.done(done.ticket); }
  void take(report::Listing& listing);
  void take(report::Measured& measured);
  void take(report::Flows& flows);

 private:
  Workforce* workers_ = nullptr;
  TicketBook tickets_;
  std::unordered_map<Ticket, GatewayStatus> listings_;
  std::unordered_map<Ticket, PolicyImpact> impacts_;
  std::unordered_map<Ticket, report::Flows> flow_lists_;
};

}  // namespace sallyport
