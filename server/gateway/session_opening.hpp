#pragma once

#include "server/gateway/admission.hpp"
#include "server/gateway/session_registry.hpp"

#include <functional>
#include <optional>
#include <string>

namespace sallyport {

/// What it is decided by whether a session may begin.
struct OpeningBooks {
  Store& store;
  const SessionRegistry& registry;
  const TrustBundle& trust;
  const GatewayConfig& config;
};

/// What else is asked, and what is written down of it.
struct OpeningRecords {
  /// What else stands in the way of this peer; asked before its record is looked at. Nullopt: nothing.
  std::function<std::optional<AdmissionRefusal>(const PeerIdentity&)> obstacle;
  /// Before the session counts; false: it could not be written, and there is none.
  std::function<bool(const SessionGrant&)> opened;
  /// The certificate that the device had before, which counts no more.
  std::function<void(const SessionGrant&, const std::string& serial)> replaced;
  /// The store cannot say what was proved: the session begins without.
  std::function<void(const SessionGrant&, const StoreError&)> unread;
};

/// Whether this verified peer may have a session now: `draft` with its addresses and what is on record of its person.
/// The device's renewal is settled by it. On the control thread.
[[nodiscard]] Result<SessionGrant, AdmissionRefusal> open_session(SessionGrant draft, const PeerIdentity& peer,
                                                                  const OpeningBooks& books,
                                                                  const OpeningRecords& records, WallTime now);

}  // namespace sallyport
