#pragma once

#include "client/enrolment/device_files.hpp"
#include "common/pki/certificate_info.hpp"
#include "common/wire/authorities.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// A profile trusts this many authorities at most.
inline constexpr std::size_t kMostTrusted = 8;

/// Keys of authorities that were let go, by the SHA-256 of their SubjectPublicKeyInfo in lower-case hex, the latest
/// last. What somebody once signed for one of them is good for a year, and lets none of them in again.
using RetiredKeys = std::vector<std::string>;
inline constexpr std::size_t kMostRetiredKeys = 64;

/// What an announcement makes of the authorities that a profile trusts.
struct AuthorityChange {
  std::optional<std::string> pem;  ///< the new file; unset: it stays as it is
  AuthorityReport report;          ///< as things are once `pem` is in place
  std::vector<std::string> added;  ///< names, for people
  std::vector<std::string> removed;
  RetiredKeys retired;  ///< all that are known now
};

/// docs/protocol.md section 17: an authority comes in only when one that is trusted signed for it, and goes only when
/// one that stays signed that, and the gateway at the other end was certified by one that stays. `gateway` is its
/// verified leaf. Pure.
[[nodiscard]] AuthorityChange change_authorities(const std::string& ca_pem, const CertificateInfo& gateway,
                                                 const AuthorityAnnouncement& announcement, WallTime now,
                                                 RetiredKeys retired = {});

/// The same for the profile's file, which is replaced in one step. The report says what is on disk afterwards. Nullopt:
/// another program, or a thread that has a token make a key, holds the device's lock; nothing was done. Never waits.
[[nodiscard]] std::optional<AuthorityChange> take_authorities(const DeviceFiles& files, const CertificateInfo& gateway,
                                                              const AuthorityAnnouncement& announcement, WallTime now);

}  // namespace sallyport
