#pragma once

#include "common/base/diagnostic.hpp"
#include "common/pki/trust_bundle.hpp"
#include "server/store/device_record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// Why a device that is known, enabled and has a certificate is refused all the same.
enum class Lockout : std::uint8_t {
  UntrustedIssuer,     ///< what signed its certificate is trusted no more, or its authority is gone
  UserNotAllowed,      ///< its authority may not name its person
  AuthorityOutOfDate,  ///< the authority has expired or is not valid yet
  ListOutOfDate,       ///< there is no revocation list that is good now
  ListUnread,          ///< the only one cannot be read
  GatewayUnknown,      ///< it knows the gateway by another authority
};
/// For people: "what signed its certificate is trusted no more".
[[nodiscard]] std::string_view words_for(Lockout lockout) noexcept;

/// Whom a gateway trusts, and who vouches for it.
struct TrustView {
  const TrustBundle* bundle;
  std::string gateway_issuer;  ///< hex key id of what signed its certificate; empty: unknown
};

/// Nullopt: nothing keeps this device out, as far as its record tells. That a list names its certificate is no lockout
/// but a revocation, and whatever ended by itself is none either.
[[nodiscard]] std::optional<Lockout> lockout_of(const DeviceRecord& device, const TrustBundle& bundle, WallTime now);

/// False: whoever could connect under `before` can under `after`, whatever devices there are. Quick.
[[nodiscard]] bool may_strand(const TrustView& before, const TrustView& after, WallTime now);

struct StrandedDevice {
  DeviceId device;
  UserId user;
  Lockout lockout;
};

/// The active devices that could connect under `before` and cannot under `after`, by name. Without `before` (at a
/// start) those whose records say that they were let in by what is trusted no more: time that has passed strands
/// nobody. Nor does a list that cannot be read: what it revokes is not held up.
[[nodiscard]] std::vector<StrandedDevice> stranded_by(const std::optional<TrustView>& before, const TrustView& after,
                                                      const std::vector<DeviceRecord>& devices, WallTime now);

/// For people: at most ten of them, and why.
[[nodiscard]] std::string names_of(const std::vector<StrandedDevice>& stranded);

/// What the administrator is told when that is more than `limit`; `command` allows it.
[[nodiscard]] Diagnostic stranding_refused(const std::vector<StrandedDevice>& stranded, std::size_t limit,
                                           std::string_view file, std::string_view command);

}  // namespace sallyport
