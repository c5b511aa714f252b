#pragma once

#include "common/tls/device_identity.hpp"
#include "server/gateway/control_books.hpp"

#include <unordered_set>

namespace sallyport {

/// Whose inside addresses may go to others when the pool has no more, the longest unused first.
class LeaseKeeper {
 public:
  explicit LeaseKeeper(const ControlBooks& books)
      : clock_{books.clock},
        store_{books.store},
        registry_{books.registry},
        journal_{books.journal},
        log_{books.log},
        started_{clock_.now().steady},
        touched_{started_} {}

  /// For whoever is to have a session by this draft. Valid as long as this is.
  [[nodiscard]] Store::MayLoseLease may_lose_lease(const SessionGrant& draft) const;
  /// This peer has its addresses.
  void note_leased(const PeerIdentity& peer, const Lease& lease);
  /// Now and then, so that the address of who is connected is never the longest unused. Call it every second.
  void touch_leases();

 private:
  const ControlClock& clock_;
  Store& store_;
  const SessionRegistry& registry_;
  AuditJournal& journal_;
  Log& log_;
  const TimePoint started_;
  TimePoint touched_;
  std::unordered_set<DeviceId> returned_{};  ///< since the gateway started, while that is not long ago
};

}  // namespace sallyport
