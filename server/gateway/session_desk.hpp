#pragma once

#include "server/gateway/control_books.hpp"
#include "server/gateway/cut_latencies.hpp"
#include "server/gateway/flap_watch.hpp"
#include "server/gateway/gateway_tally.hpp"
#include "server/gateway/session_counts.hpp"
#include "server/gateway/worker_orders.hpp"

#include <string>

namespace sallyport {

/// What becomes of sessions, as their workers tell it: into the book of sessions, the audit file and the log.
class SessionDesk {
 public:
  /// All outlive this.
  SessionDesk(const ControlBooks& books, WorkerOrders& orders, SessionCounts& counts, GatewayTally& tally)
      : clock_{books.clock},
        store_{books.store},
        registry_{books.registry},
        journal_{books.journal},
        log_{books.log},
        orders_{orders},
        counts_{counts},
        tally_{tally} {}

  void take(const report::Started& started);
  void take(const report::Ended& ended);
  void take(report::EvidenceRenewed& renewed);
  void take(const report::PostureChanged& changed);
  void take(const report::AttestRefused& refused);
  void take(const report::FlowsCut& cut);
  void take(const report::RoutesCut& cut);

  /// An administrator ends this session.
  void note_session_end(SessionId session, const std::string& by);
  /// What cannot be recorded does not go on for long. Call it every second.
  void end_unrecorded_sessions();

  [[nodiscard]] const CutLatencies& cut_latencies() const noexcept { return cuts_; }

 private:
  void note_replaced(const SessionGrant& grant, const std::string& serial);
  void note_take_over(const SessionRegistry::Entry& older, const report::Ended& ended);
  void note_attested(SessionRegistry::Entry& entry);

  const ControlClock& clock_;
  Store& store_;
  SessionRegistry& registry_;
  AuditJournal& journal_;
  Log& log_;
  WorkerOrders& orders_;
  SessionCounts& counts_;
  GatewayTally& tally_;
  CutLatencies cuts_;
  FlapWatch flaps_;
};

}  // namespace sallyport
