#pragma once

#include "common/pki/trust_bundle.hpp"
#include "server/gateway/session_registry.hpp"
#include "server/session/cut.hpp"
#include "server/session/end_reason.hpp"
#include "server/store/store.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace sallyport {

/// Which live sessions a change of certificates or records is about. What cannot be read counts as gone.

/// Why sessions must go, and which do for that.
struct Departure {
  EndReason reason;
  std::optional<CutCause> cause;
  std::vector<SessionId> sessions{};
};
/// Those that would not be admitted now. `is_judged_anew`: whose trust has changed.
[[nodiscard]] std::vector<Departure> no_longer_trusted(
    const SessionRegistry& registry, Store& store, const TrustBundle& trust,
    const std::function<bool(const SessionRegistry::Entry&)>& is_judged_anew);

/// Tells of a session whether what signed its certificate is no longer trusted as the authority that admitted it, ours
/// or another. Sessions by authorities that still are go on whatever else was added, taken away or moved.
[[nodiscard]] std::function<bool(const SessionRegistry::Entry&)> has_lost_its_authority(const TrustBundle& trust);

/// Those of `device` that live by a certificate that counts no more.
[[nodiscard]] std::vector<SessionId> sessions_by_stale_certificates(const SessionRegistry& registry, Store& store,
                                                                    const DeviceId& device);

/// The other sessions of the same device and person, whose certificates count: what was proved on one of them holds
/// on all. While a device changes from one connection to the next it has two, when it renews with two certificates.
[[nodiscard]] std::vector<SessionId> sessions_sharing_proof(const SessionRegistry& registry, Store& store,
                                                            const SessionGrant& proved_on);

}  // namespace sallyport
