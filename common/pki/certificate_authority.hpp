#pragma once

#include "common/base/ids.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/ip/address.hpp"
#include "common/pki/certificate_info.hpp"
#include "common/pki/pki_error.hpp"
#include "common/pki/private_key.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

struct CertificateDraft;

inline constexpr std::chrono::days kDefaultCaLifetime{3650};
inline constexpr std::chrono::days kDefaultDeviceLifetime{90};
inline constexpr std::chrono::days kDefaultGatewayLifetime{365};
inline constexpr std::chrono::days kDefaultCrlLifetime{30};
/// Shorter ones would end before they are of use.
inline constexpr std::chrono::minutes kShortestLifetime{1};

struct CaProfile {
  std::string name;          ///< common name, for people
  std::string trust_domain;  ///< lower-case host name; the authority issues devices of this domain only
  std::chrono::days lifetime = kDefaultCaLifetime;
  KeyKind key_kind = KeyKind::P256;  ///< P256 or P384
};

/// Who a device is. Chosen by the issuer, never read from a request.
struct DeviceProfile {
  DeviceId device;
  UserId user;
  std::string trust_domain;
  std::chrono::seconds lifetime = kDefaultDeviceLifetime;  ///< at least kShortestLifetime
};

struct GatewayProfile {
  std::string name;                  ///< the host name clients check
  std::vector<IpAddress> addresses;  ///< additional IP subject alternative names
  std::chrono::days lifetime = kDefaultGatewayLifetime;
};

struct IssuedCertificate {
  std::string pem;
  CertificateInfo info;
};

struct RevokedSerial {
  std::string serial_hex;
  WallTime revoked_at{};

  friend bool operator==(const RevokedSerial&, const RevokedSerial&) = default;
};

/// The private authority of one trust domain. Serials are 128 random bits; lifetimes never outlast the authority.
class CertificateAuthority {
 public:
  /// Makes the key and the self-signed certificate in memory.
  [[nodiscard]] static Result<CertificateAuthority, PkiError> create(const CaProfile& profile, WallTime now);
  /// create(), then writes DIR/ca.key (0600) and DIR/ca.pem. Never replaces an authority that is there.
  [[nodiscard]] static Result<CertificateAuthority, PkiError> init(const std::string& directory,
                                                                   const CaProfile& profile, WallTime now);
  [[nodiscard]] static Result<CertificateAuthority, PkiError> load(const std::string& directory);
  [[nodiscard]] static Result<CertificateAuthority, PkiError> load(const std::string& certificate_path,
                                                                   const std::string& key_path);
  /// The certificate must be a CA's and must belong to the key.
  [[nodiscard]] static Result<CertificateAuthority, PkiError> assemble(CertificateInfo certificate, PrivateKey key);

  [[nodiscard]] const CertificateInfo& certificate() const noexcept { return certificate_; }
  [[nodiscard]] std::string certificate_pem() const;
  [[nodiscard]] const std::string& trust_domain() const noexcept { return trust_domain_; }
  [[nodiscard]] const PrivateKey& key() const noexcept { return key_; }

  [[nodiscard]] Result<IssuedCertificate, PkiError> issue_device(const PublicKey& key, const DeviceProfile& profile,
                                                                 WallTime now) const;
  [[nodiscard]] Result<IssuedCertificate, PkiError> issue_gateway(const PublicKey& key, const GatewayProfile& profile,
                                                                  WallTime now) const;
  /// PEM ("X509 CRL"). `number` must be larger than that of every list issued before.
  [[nodiscard]] Result<std::string, PkiError> issue_crl(std::span<const RevokedSerial> revoked, std::uint64_t number,
                                                        WallTime now, WallTime next_update) const;

 private:
  CertificateAuthority(CertificateInfo certificate, PrivateKey key, std::string trust_domain);
  [[nodiscard]] Result<CertificateDraft, PkiError> draft_leaf(const PublicKey& key, std::string_view common_name,
                                                              std::chrono::seconds lifetime, WallTime now) const;
  [[nodiscard]] Result<WallTime, PkiError> expiry_for(std::chrono::seconds lifetime, WallTime now) const;

  CertificateInfo certificate_;
  PrivateKey key_;
  std::string trust_domain_;
};

}  // namespace sallyport
