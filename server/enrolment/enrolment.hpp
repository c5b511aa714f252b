#pragma once

#include "common/pki/certificate_authority.hpp"
#include "common/tls/device_identity.hpp"
#include "common/wire/est.hpp"
#include "server/store/store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace sallyport {

/// Why nobody got a certificate. The names are stable: audit records and counters carry them.
enum class EnrolmentRefusal : std::uint8_t {
  NoToken,
  UnknownToken,
  TokenExpired,
  TokenUsedUp,
  TokenRevoked,
  TokenOfAnother,  ///< it is another person's than the one that was named
  BadRequest,      ///< the signing request is damaged, proves no possession, or has a key that is not accepted
  DeviceExists,    ///< the token's device is there and may not be replaced
  UnknownDevice,
  WrongUser,
  DeviceDisabled,
  DeviceRevoked,
  StaleCertificate,
  TooFast,
  CannotIssue,
  StoreUnavailable,
  AuditUnavailable,
  NotOffered,
  UserDisabled,
};
inline constexpr std::size_t kEnrolmentRefusals = 19;
[[nodiscard]] std::string_view name_of(EnrolmentRefusal refusal) noexcept;
/// What the peer is told. Every refusal of a token is the same to it.
[[nodiscard]] Problem problem_for(EnrolmentRefusal refusal);

struct EnrolmentFailure {
  EnrolmentRefusal refusal;
  std::string words;     ///< for logs, never for the peer
  std::string token_id;  ///< when it is known
};

/// A certificate as it was issued. Who it is for was decided here, never by the request.
struct IssuedDevice {
  DeviceId device;
  UserId user;
  std::string serial;
  WallTime not_after{};
  ByteBuffer der;
  std::string token_id;  ///< empty: renewed
  std::string issuer{};  ///< fingerprint of the authority that signed it
};

/// What the certificates of one gateway have in common.
struct EnrolmentTerms {
  const CertificateAuthority* authority;  ///< outlives the call
  std::chrono::seconds lifetime;
};

/// Told what is about to be recorded; false when it could not be written down, and then nothing is recorded.
using BeforeIssue = std::function<bool(const IssuedDevice&)>;

/// A first certificate for the holder of a token. Issued first, then recorded in one step with the use of the token,
/// and only then handed out: whenever the process dies, a token was not used twice and no certificate that anybody has
/// is unknown.
[[nodiscard]] Result<IssuedDevice, EnrolmentFailure> enroll_device(Store& store, const EnrolmentTerms& terms,
                                                                   const std::optional<EstCredentials>& credentials,
                                                                   Bytes csr, const BeforeIssue& before, WallTime now);

/// Why a device that showed this certificate gets no other one; nullopt: it does, if its request is sound. Changes
/// nothing.
[[nodiscard]] std::optional<EnrolmentFailure> refusal_of_renewal(Store& store, const PeerIdentity& peer);

/// The next certificate of a device that showed the one it has: same device, same person, usually a new key. `peer` is
/// verified; its standing may be RenewalOnly.
[[nodiscard]] Result<IssuedDevice, EnrolmentFailure> renew_device(Store& store, const EnrolmentTerms& terms,
                                                                  const PeerIdentity& peer, Bytes csr,
                                                                  const BeforeIssue& before, WallTime now);

}  // namespace sallyport
