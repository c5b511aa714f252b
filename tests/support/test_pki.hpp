#pragma once

#include "common/base/time.hpp"
#include "common/pki/certificate_authority.hpp"
#include "common/pki/trust_bundle.hpp"
#include "common/tls/context.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// The real wall clock: the TLS library judges dates by it as well, so certificates of tests must be valid today.
[[nodiscard]] WallTime wall_now();

/// A certificate with its key.
struct TestIdentity {
  std::string certificate_pem;
  PrivateKey key;
  CertificateInfo info;

  [[nodiscard]] std::shared_ptr<const Credentials> credentials() const;
};

/// What a certificate minted by hand shall say; starts as a good device certificate.
struct LeafWishes {
  std::string common_name = "minted";
  std::vector<std::string> uris;
  std::vector<std::string> emails;
  std::vector<std::string> dns_names;
  std::optional<KeyUsage> usage;
  std::optional<ExtendedKeyUsage> purposes;
  bool is_ca = false;
  WallTime not_before{};
  WallTime not_after{};
  KeyKind key_kind = KeyKind::P256;
  std::vector<ByteBuffer> more_extensions;
};

/// An authority with everything a test of trust needs, good and bad.
class TestPki {
 public:
  explicit TestPki(WallTime now = wall_now(), std::string trust_domain = "example.com",
                   std::string name = "Test Authority");

  [[nodiscard]] const CertificateAuthority& authority() const noexcept { return authority_; }
  [[nodiscard]] WallTime now() const noexcept { return now_; }
  [[nodiscard]] const std::string& trust_domain() const noexcept { return authority_.trust_domain(); }

  [[nodiscard]] TestIdentity device(const std::string& id = "laptop", const std::string& user = "ana@example.com",
                                    KeyKind kind = KeyKind::P256) const;
  [[nodiscard]] TestIdentity gateway(const std::string& name = "vpn.example.com") const;
  /// A device certificate after `change` had its way with it.
  [[nodiscard]] TestIdentity mint(const std::function<void(LeafWishes&)>& change) const;

  [[nodiscard]] std::string crl(const std::vector<std::string>& revoked = {}, std::uint64_t number = 1) const;
  /// Current authority and `crl_pem` (default: an empty list), required.
  [[nodiscard]] std::shared_ptr<const TrustBundle> trust(std::optional<std::string> crl_pem = {}) const;
  /// The laptop's view: the authority alone.
  [[nodiscard]] std::shared_ptr<const TrustBundle> client_trust() const;

  [[nodiscard]] ServerContext server(std::shared_ptr<const TrustBundle> trust = nullptr) const;
  [[nodiscard]] ClientContext client(const TestIdentity& identity) const;

 private:
  WallTime now_;
  CertificateAuthority authority_;
};

}  // namespace sallyport
