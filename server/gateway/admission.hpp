#pragma once

#include "common/wire/problem.hpp"
#include "server/config/gateway_config.hpp"
#include "server/gateway/verified_connection.hpp"
#include "server/session/session_grant.hpp"
#include "server/store/store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// Why a verified device gets no tunnel. The names are stable: audit records and problem documents carry them.
enum class AdmissionRefusal : std::uint8_t {
  UnknownDevice,
  OtherAuthority,
  WrongUser,
  DeviceDisabled,
  DeviceRevoked,
  StaleCertificate,
  CertificateExpired,
  PoolExhausted,
  TooManySessions,
  StoreUnavailable,
  AuditUnavailable,
  UserDisabled,
  NoDrill,  ///< a device that was made for a drill, and none is under way with it
  TooManyDevices,
  SourceChanged,
  NoRoomToMove,    ///< so many sessions change at the moment that no further one may
  TooOften,        ///< the device opens sessions faster than any client that is well
  TooManyUnknown,  ///< its authority has sent as many devices that nobody registered as it may
};
inline constexpr std::size_t kAdmissionRefusals = static_cast<std::size_t>(AdmissionRefusal::TooManyUnknown) + 1;
[[nodiscard]] std::string_view name_of(AdmissionRefusal refusal) noexcept;
/// What the employee reads.
[[nodiscard]] Problem problem_for(AdmissionRefusal refusal);

/// Why a device whose certificate is good may have no session now; nullopt: it may. The device record decides, not the
/// certificate alone: who is not in the store is not let in.
[[nodiscard]] std::optional<AdmissionRefusal> refusal_by_record(const PeerIdentity& peer, Store& store, WallTime now);

/// Whether nobody knows this device and its authority's word is enough to record it. `authority` has the settings of
/// the one that names it; null: our own.
[[nodiscard]] Result<bool, AdmissionRefusal> is_first_sight(const PeerIdentity& peer,
                                                            const AuthoritySettings* authority, Store& store);

/// The inside addresses of a device that may have a session. `may_lose_lease` is for an exhausted pool: whose addresses
/// may be given to somebody else.
[[nodiscard]] Result<Lease, AdmissionRefusal> lease_of(const DeviceId& device, Store& store,
                                                       const GatewayConfig& config, WallTime now,
                                                       const Store::MayLoseLease& may_lose_lease = {});

}  // namespace sallyport
