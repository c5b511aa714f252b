#pragma once

#include "server/store/device_record.hpp"
#include "server/store/held_authorities.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// What a device still lacks before the authority of before may go. The names are stable: documents carry them.
enum class Readiness : std::uint8_t {
  Ready,
  HasNotTheAuthority,  ///< it has not said that it trusts the next one
  OldCertificate,      ///< its certificate is of the one of before
  NotSeenWithTheNew,   ///< it was given a certificate of the next one and has not connected with it
  Expired,             ///< its certificate is of no use any more, whatever happens
  NotActive,           ///< disabled or revoked
};
/// "ready", "authority", "certificate", "first_connection", "expired", "not_active".
[[nodiscard]] std::string_view name_of(Readiness readiness) noexcept;
/// What it lacks, and what to do.
[[nodiscard]] std::string_view describe(Readiness readiness) noexcept;
/// Retiring the authority of before now would lock this device out.
[[nodiscard]] constexpr bool is_stranded(Readiness readiness) noexcept {
  return readiness == Readiness::HasNotTheAuthority || readiness == Readiness::OldCertificate ||
         readiness == Readiness::NotSeenWithTheNew;
}

/// `issuer`: fingerprint of the authority that signed the device's newest certificate; empty: not on record, which is
/// one of before. A device of a foreign authority needs the next one to know the gateway by, and no certificate of it.
/// `grace`: how long an expired certificate may still be renewed.
[[nodiscard]] Readiness readiness_of(const DeviceRecord& device, const std::optional<HeldAuthorities>& held,
                                     std::string_view issuer, std::string_view next, std::chrono::seconds grace,
                                     WallTime now);

}  // namespace sallyport
