#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/pki/certificate_authority.hpp"
#include "common/pki/private_key.hpp"

#include <cstdint>
#include <vector>

namespace sallyport {

/// What a revocation list will say.
struct RevocationListDraft {
  ByteBuffer issuer;  ///< encoded Name
  ByteBuffer authority_key_id;
  std::uint64_t number = 0;
  WallTime this_update{};
  WallTime next_update{};
  std::vector<RevokedSerial> revoked;
};

/// DER of the signed list. Fails when a serial is not hex.
[[nodiscard]] Result<ByteBuffer, PkiError> sign_revocation_list(const RevocationListDraft& draft,
                                                                const PrivateKey& issuer_key);

}  // namespace sallyport
