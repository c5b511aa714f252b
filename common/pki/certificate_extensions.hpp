#pragma once

#include "common/base/bytes.hpp"
#include "common/pki/certificate_info.hpp"

#include <functional>
#include <optional>

namespace sallyport {

struct Extension {
  Bytes oid;
  bool is_critical = false;
  Bytes value;  ///< the contents of the OCTET STRING
};

/// Hands every extension of a SEQUENCE OF Extension to `take`, which returns false to stop.
/// False when it is not DER, an extension occurs twice, or `take` stopped.
[[nodiscard]] bool for_each_extension(Bytes sequence, const std::function<bool(const Extension&)>& take);

/// Reads the extensions of a certificate into `info`; false when one that we know is malformed.
[[nodiscard]] bool read_certificate_extensions(Bytes sequence, CertificateInfo& info);

/// The keyIdentifier of an AuthorityKeyIdentifier, empty when it names none; nullopt when malformed.
[[nodiscard]] std::optional<Bytes> read_authority_key_id(Bytes value);

}  // namespace sallyport
