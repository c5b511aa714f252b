#pragma once

#include "common/pki/pem.hpp"
#include "common/pki/succession.hpp"
#include "common/wire/authorities.hpp"
#include "tests/support/test_pki.hpp"

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace sallyport {

/// An authority in memory. Aborts the test program when it cannot be made.
inline CertificateAuthority make_authority(const std::string& name, WallTime now = wall_now(),
                                           const std::string& domain = "example.com",
                                           std::chrono::days lifetime = kDefaultCaLifetime) {
  auto authority = CertificateAuthority::create({name, domain, lifetime}, now);
  if (!authority) std::abort();
  return std::move(*authority);
}

inline ByteBuffer vouched_by(const CertificateAuthority& before, const CertificateAuthority& next,
                             WallTime now = wall_now(), std::chrono::seconds lifetime = kVouchLifetime) {
  auto vouched = vouch_for(before, next.certificate(), now, lifetime);
  if (!vouched) std::abort();
  return std::move(*vouched);
}

inline NextAuthority announced(const CertificateAuthority& before, const CertificateAuthority& next) {
  return {next.certificate().der, vouched_by(before, next)};
}

inline std::string name_of(const CertificateAuthority& authority) {
  return fingerprint_of(authority.certificate().der);
}

inline AuthorityAnnouncement retired_by(const CertificateAuthority& stays, std::vector<std::string> retired) {
  auto retirement = sign_retirement(stays.key(), retired);
  if (!retirement) std::abort();
  return {{}, std::move(retired), {}, std::move(*retirement)};
}

}  // namespace sallyport
