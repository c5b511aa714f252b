#pragma once

#include "server/gateway/admission.hpp"
#include "server/gateway/session_registry.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// What it is decided by whether a session may begin.
struct OpeningBooks {
  Store& store;
  const SessionRegistry& registry;
  const TrustBundle& trust;
  const GatewayConfig& config;
  Store::MayLoseLease may_lose_lease{};  ///< for an exhausted pool
};

/// What else is asked, and what is written down of it.
struct OpeningRecords {
  /// What else stands in the way of this peer; asked before its record is looked at. Nullopt: nothing.
  std::function<std::optional<AdmissionRefusal>(const PeerIdentity&)> obstacle;
  /// One more session is asked for with a certificate that counts: whoever has another one of the device uses up
  /// nothing of its. False: it has asked too often.
  std::function<bool(const PeerIdentity&)> asked;
  /// The inside addresses of this peer were taken from other devices, if Lease::taken_from names some.
  std::function<void(const PeerIdentity&, const Lease&)> leased;
  /// Where it comes from is looked at before what its person proved; false: that cannot be dealt with, and there is no
  /// session.
  std::function<bool(const SessionGrant&)> placed;
  /// Before the session counts; false: it could not be written, and there is none.
  std::function<bool(const SessionGrant&)> opened;
  /// These sessions of other devices of the person are to end for it; may be none.
  std::function<void(const SessionGrant&, const std::vector<SessionId>&)> makes_room;
  /// The certificate that the device had before, which counts no more.
  std::function<void(const SessionGrant&, const std::string& serial)> replaced;
  /// The store cannot say what was proved: the session begins without.
  std::function<void(const SessionGrant&, const StoreError&)> unread;
};

/// Whether this verified peer may have a session now: `draft` with its addresses and what is on record of its person.
/// On the control thread.
[[nodiscard]] Result<SessionGrant, AdmissionRefusal> open_session(SessionGrant draft, const PeerIdentity& peer,
                                                                  const OpeningBooks& books,
                                                                  const OpeningRecords& records, WallTime now);

/// Why a verified peer gets none that there is no room for: `obstacle`, or that it asks too often. Also where there is
/// no room, asking counts only with a certificate that counts.
[[nodiscard]] AdmissionRefusal refusal_without_room(AdmissionRefusal obstacle, const PeerIdentity& peer,
                                                    const OpeningBooks& books, const OpeningRecords& records,
                                                    WallTime now);

/// The session carries: the device is here with its newest certificate, so the one before is done with. False: that
/// cannot be recorded.
[[nodiscard]] bool settle_renewal(const SessionGrant& grant, Store& store, const OpeningRecords& records, WallTime now);

}  // namespace sallyport
