#pragma once

#include "server/gateway/admission_desk.hpp"
#include "server/gateway/certificate_desk.hpp"
#include "server/gateway/clock_keeper.hpp"
#include "server/gateway/decision_desk.hpp"
#include "server/gateway/drain_desk.hpp"
#include "server/gateway/list_intake.hpp"
#include "server/gateway/policy_activation.hpp"
#include "server/gateway/presence_desk.hpp"
#include "server/gateway/reload_desk.hpp"

#include <cstddef>

namespace sallyport {

/// What administrators are told of a gateway: its parts, to be read. All of it outlives who holds this.
struct GatewayView {
  const Snapshot& snapshot;
  const ControlClock& clock;
  const SessionRegistry& registry;
  const AuditJournal& journal;
  const AdmissionDesk& admissions;
  const SessionDesk& sessions;
  const SessionCounts& counts;
  const GatewayTally& tally;
  const DecisionDesk& decisions;
  const PolicyVersions& policies;
  const CertificateDesk& certificates;
  const AuthorityDesk& authorities;
  const ListIntake& lists;
  const DrainDesk& drain;
  OutlookKeeper& outlook;  ///< works out anew what is too old to be shown
  TimePoint started;
  std::size_t handshake_threads;
};

/// What they may ask it to do, by the part that does it.
struct GatewayControls {
  WorkerOrders& orders;
  Store& store;
  AuditJournal& journal;
  ClockKeeper& clock;
  SessionDesk& sessions;
  DecisionDesk& decisions;
  PresenceDesk& presence;
  PolicyActivation& policy;
  TrustDesk& trust;
  ReloadDesk& reload;
  DrainDesk& drain;
  DrillKeeper& drills;
};

}  // namespace sallyport
