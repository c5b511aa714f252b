#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/ip/address.hpp"
#include "common/pki/pki_error.hpp"
#include "common/pki/public_key.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

struct KeyUsage {
  bool digital_signature = false;
  bool key_cert_sign = false;
  bool crl_sign = false;
  bool others = false;
};

struct ExtendedKeyUsage {
  bool server_auth = false;
  bool client_auth = false;
  bool any = false;
  bool others = false;
};

/// What an X.509 certificate says. Parsing proves form only: nothing here is verified or safe to trust.
/// Text taken from it is printable ASCII; a certificate with other characters in its alternative names is malformed.
struct CertificateInfo {
  ByteBuffer der;
  std::string serial_hex;  ///< lower case, no leading zero octet: "0a1f"
  std::string subject;     ///< for people: "CN=laptop,O=Example", escaped
  std::string issuer;
  ByteBuffer subject_der;  ///< the Name as encoded, for comparison
  ByteBuffer issuer_der;
  WallTime not_before{};
  WallTime not_after{};  ///< the last second of validity
  std::vector<std::string> uris;
  std::vector<std::string> emails;
  std::vector<std::string> dns_names;
  std::vector<IpAddress> addresses;
  std::optional<KeyUsage> key_usage;  ///< absent extension = nullopt
  std::optional<ExtendedKeyUsage> extended_key_usage;
  bool is_ca = false;
  std::optional<unsigned> path_length;
  ByteBuffer subject_key_id;  ///< empty when absent
  ByteBuffer authority_key_id;
  bool has_unknown_critical_extension = false;
  PublicKey key;
  SignatureAlgorithm signature_algorithm = SignatureAlgorithm::Other;

  /// Strict DER, version 3, at most kMaxCertificate octets, nothing behind it.
  [[nodiscard]] static Result<CertificateInfo, PkiError> parse(Bytes der);

  /// True when `issuer_key` made this certificate's signature. `good` as PublicKey::verify() has it.
  [[nodiscard]] bool is_signed_by(const PublicKey& issuer_key, GoodSignatures* good = nullptr) const;

  [[nodiscard]] bool is_valid_at(WallTime now) const noexcept { return not_before <= now && now <= not_after; }
};

inline constexpr std::size_t kMaxCertificate = 16U << 10U;
inline constexpr std::size_t kMaxCertificatesInFile = 16;

/// Every CERTIFICATE block of a PEM text, in order; at least one, at most kMaxCertificatesInFile.
[[nodiscard]] Result<std::vector<CertificateInfo>, PkiError> parse_certificates(std::string_view pem);

}  // namespace sallyport
