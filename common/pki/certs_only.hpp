#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"

#include <span>
#include <vector>

namespace sallyport {

inline constexpr std::size_t kMaxCertsOnly = 64U << 10U;

/// A PKCS#7 message that carries certificates and signs nothing ("certs-only", RFC 8551 section 3.8), in DER.
[[nodiscard]] ByteBuffer encode_certs_only(std::span<const ByteBuffer> certificates);

/// The certificates of such a message, each a whole SEQUENCE that is not looked into: one to kMaxCertificatesInFile of
/// them. Lists of revoked certificates are skipped; a message that signs something is refused.
[[nodiscard]] Result<std::vector<ByteBuffer>, PkiError> parse_certs_only(Bytes der);

}  // namespace sallyport
