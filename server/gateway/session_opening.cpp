#include "server/gateway/session_opening.hpp"

#include "server/gateway/session_rules.hpp"

#include <utility>

namespace sallyport {
namespace {

/// What cannot be read was not proved.
std::optional<WallTime> proof_on_record(const SessionGrant& grant, Store& store, const OpeningRecords& records) {
  const auto proved = store.proof_of(grant.device, grant.user, grant.serial);
  if (proved) return *proved;
  records.unread(grant, proved.error());
  return std::nullopt;
}

}  // namespace

Result<SessionGrant, AdmissionRefusal> open_session(SessionGrant draft, const PeerIdentity& peer,
                                                    const OpeningBooks& books, const OpeningRecords& records,
                                                    WallTime now) {
  // A device that comes back takes the place of its own older session. Devices are counted: those that change sessions
  // have two for a moment, and keep nobody out by that.
  const bool takes_over = books.registry.has(peer.device);
  const bool is_full = books.registry.devices() >= books.config.limits.sessions;
  if (!takes_over && is_full) {
    return fail(refusal_without_room(AdmissionRefusal::TooManySessions, peer, books, records, now));
  }
  // The second lock beside the handshake's: a list loaded since then counts at once.
  if (books.trust.is_revoked_by(peer.issuer, peer.serial_hex)) return fail(AdmissionRefusal::DeviceRevoked);
  if (const auto refusal = records.obstacle(peer)) return fail(*refusal);
  if (const auto refusal = refusal_by_record(peer, books.store, now)) return fail(*refusal);
  if (!records.asked(peer)) return fail(AdmissionRefusal::TooOften);
  if (is_elsewhere(books.registry, draft, books.config.sessions)) return fail(AdmissionRefusal::SourceChanged);
  // A drill's device is nobody's.
  const auto room =
      draft.own_policy ? RoomForDevice{} : room_for(books.registry, peer.user, peer.device, books.config.sessions);
  if (room.is_refused) return fail(AdmissionRefusal::TooManyDevices);
  const auto lease = lease_of(peer.device, books.store, books.config, now, books.may_lose_lease);
  if (!lease) return fail(lease.error());
  draft.addresses = InsideAddresses{.v4 = lease->v4, .v6 = lease->v6};
  records.leased(peer, *lease);
  if (!records.placed(draft)) return fail(AdmissionRefusal::StoreUnavailable);
  draft.user_proved = proof_on_record(draft, books.store, records);
  if (!records.opened(draft)) return fail(AdmissionRefusal::AuditUnavailable);
  records.makes_room(draft, room.ends);
  return draft;
}

AdmissionRefusal refusal_without_room(AdmissionRefusal obstacle, const PeerIdentity& peer, const OpeningBooks& books,
                                      const OpeningRecords& records, WallTime now) {
  const bool counts =
      !books.trust.is_revoked_by(peer.issuer, peer.serial_hex) && !refusal_by_record(peer, books.store, now);
  return counts && !records.asked(peer) ? AdmissionRefusal::TooOften : obstacle;
}

bool settle_renewal(const SessionGrant& grant, Store& store, const OpeningRecords& records, WallTime now) {
  const auto previous = store.confirm_renewal(grant.device, grant.serial, now);
  if (!previous) return false;
  if (!previous->empty()) records.replaced(grant, *previous);
  return true;
}

}  // namespace sallyport
