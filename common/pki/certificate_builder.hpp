#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/ip/address.hpp"
#include "common/pki/certificate_info.hpp"
#include "common/pki/signing_key.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// What a certificate will say. Nothing is checked here: the authority decides what may be said.
struct CertificateDraft {
  ByteBuffer serial;   ///< big-endian octets
  ByteBuffer issuer;   ///< encoded Name
  ByteBuffer subject;  ///< encoded Name
  WallTime not_before{};
  WallTime not_after{};
  PublicKey key;
  std::vector<ByteBuffer> extensions;  ///< encoded Extensions, in order
};

struct AlternativeNames {
  std::vector<std::string> uris;
  std::vector<std::string> emails;
  std::vector<std::string> dns_names;
  std::vector<IpAddress> addresses;
};

/// DER of the signed certificate.
[[nodiscard]] Result<ByteBuffer, PkiError> sign_certificate(const CertificateDraft& draft,
                                                            const SigningKey& issuer_key);

/// SEQUENCE { tbs, algorithm, signature } with the key's own algorithm.
[[nodiscard]] Result<ByteBuffer, PkiError> sign_object(Bytes tbs, const SigningKey& key);

/// Extensions, each as RFC 5280 wants its criticality.
[[nodiscard]] ByteBuffer encode_extension(std::string_view oid, bool is_critical, Bytes value);
[[nodiscard]] ByteBuffer basic_constraints(bool is_ca);
[[nodiscard]] ByteBuffer key_usage(const KeyUsage& usage);
[[nodiscard]] ByteBuffer extended_key_usage(const ExtendedKeyUsage& usage);
[[nodiscard]] ByteBuffer alternative_names(const AlternativeNames& names);
[[nodiscard]] ByteBuffer subject_key_id(Bytes id);
[[nodiscard]] ByteBuffer authority_key_id(Bytes id);

}  // namespace sallyport
