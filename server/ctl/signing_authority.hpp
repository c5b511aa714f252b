#pragma once

#include "common/base/result.hpp"
#include "common/pki/certificate_authority.hpp"
#include "server/config/gateway_config.hpp"

#include <string>

namespace sallyport {

/// The authority that signs on this host: that of STATE/ca, or the next one once it counts alone. The error is words.
[[nodiscard]] Result<CertificateAuthority, std::string> load_signing_authority(const GatewayConfig& config);

/// What `devices enroll` certifies with and which file of authorities goes to the laptop with it: once the next
/// authority signs, that one, and both.
struct EnrollingAuthority {
  CertificateAuthority authority;
  std::string ca_file;
};
[[nodiscard]] Result<EnrollingAuthority, std::string> load_enrolling_authority(const GatewayConfig& config);

}  // namespace sallyport
