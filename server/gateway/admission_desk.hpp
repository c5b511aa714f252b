#pragma once

#include "server/gateway/connection_room.hpp"
#include "server/gateway/device_budget_book.hpp"
#include "server/gateway/device_desk.hpp"
#include "server/gateway/drill_keeper.hpp"
#include "server/gateway/gateway_tally.hpp"
#include "server/gateway/lease_keeper.hpp"
#include "server/gateway/obstacle.hpp"
#include "server/gateway/rights_shelf.hpp"
#include "server/gateway/session_counts.hpp"
#include "server/gateway/session_desk.hpp"
#include "server/gateway/session_opening.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sallyport {

/// A verified connection becomes a session, or is refused with a reason: device record, caps, inside address, evidence,
/// audit record, and the worker that carries it, with its rights compiled.
class AdmissionDesk {
 public:
  /// What it asks, tells and counts with.
  struct Parts {
    LeaseKeeper& leases;
    DeviceDesk& devices;
    const DrillKeeper& drills;
    SessionDesk& sessions;
    WorkerOrders& orders;
    RightsShelf& shelf;
    SessionCounts& counts;
    GatewayTally& tally;
  };
  /// This handshake was of a device that may have a session: it is taken off what its source, and strangers, may have.
  using GiveBack = std::function<void(const IpAddress& source, CountedAs counted_as)>;

  /// All outlive this.
  AdmissionDesk(const ControlBooks& books, const Parts& parts, GiveBack give_back);

  /// More numbers of sessions, on disk before the first of them is used: records of one number never speak of two
  /// sessions.
  [[nodiscard]] Result<void, StoreError> reserve_session_numbers();
  /// Whether connections begin without pacing.
  void pace_by_need(bool wanted) noexcept { paces_by_need_ = wanted; }

  void take(VerifiedConnection& connection);
  /// The gateway stops: nobody is let in any more.
  void close() noexcept { is_closed_ = true; }

  /// Connections that are served.
  [[nodiscard]] const ConnectionRoom& served() const noexcept { return served_; }
  /// Those that are told why they are not.
  [[nodiscard]] const ConnectionRoom& refused() const noexcept { return refused_; }

 private:
  /// What becomes of an opening.
  struct Opening {
    bool is_told = true;     ///< its start is recorded one by one
    bool has_asked = false;  ///< with a certificate that counts, and not too often
  };

  [[nodiscard]] std::optional<Obstacle> obstacle_to(const VerifiedConnection& connection, CodeKey& code_key);
  [[nodiscard]] std::optional<AdmissionRefusal> obstacle_to(const PeerIdentity& peer);
  [[nodiscard]] AdmissionRefusal obstacle_without_room(const PeerIdentity& peer) const;
  void turn_away(const VerifiedConnection& connection, Obstacle obstacle);
  [[nodiscard]] SessionGrant draft_of(const VerifiedConnection& connection, const CodeKey& code_key);
  [[nodiscard]] OpeningRecords opening_records(Opening& opening);
  [[nodiscard]] Result<SessionGrant, AdmissionRefusal> admit(VerifiedConnection& connection, const SessionGrant& draft,
                                                             Opening& opening);
  [[nodiscard]] std::string issuer_of(const PeerIdentity& peer) const;
  void register_session(const PeerIdentity& peer, const SessionGrant& grant, bool is_told);
  void carry(VerifiedConnection& connection, SessionGrant&& grant);
  void refuse(VerifiedConnection& connection, SessionGrant&& draft, AdmissionRefusal refusal);
  bool note_refusal(VerifiedConnection& connection, const SessionGrant& grant, AdmissionRefusal refusal,
                    const std::string& code);
  bool note_source(const SessionGrant& grant);
  void make_room(const SessionGrant& grant, const std::vector<SessionId>& sessions);

  const Snapshot& snapshot_;
  const ControlClock& clock_;
  Store& store_;
  SessionRegistry& registry_;
  AuditJournal& journal_;
  StoreAlarm& store_alarm_;
  Log& log_;
  LeaseKeeper& leases_;
  DeviceDesk& devices_;
  const DrillKeeper& drills_;
  SessionDesk& sessions_;
  WorkerOrders& orders_;
  RightsShelf& shelf_;
  SessionCounts& counts_;
  GatewayTally& tally_;
  const GiveBack give_back_;
  DeviceBudgetBook budgets_;
  ConnectionRoom served_;
  ConnectionRoom refused_{kRefusedAtOnce, kPlacesOfOne};
  bool paces_by_need_ = false;
  bool is_closed_ = false;
};

}  // namespace sallyport
