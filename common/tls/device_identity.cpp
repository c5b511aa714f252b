#include "common/tls/device_identity.hpp"

#include "common/base/text.hpp"
#include "common/ip/address.hpp"

#include <algorithm>
#include <optional>

namespace sallyport {
namespace {

using Refusal = std::optional<CertificateRefusal>;

Refusal check_strength(const CertificateInfo& leaf) {
  if (!leaf.key.is_acceptable()) return CertificateRefusal::WeakKey;
  switch (leaf.signature_algorithm) {
    case SignatureAlgorithm::Sha1:
    case SignatureAlgorithm::Md5:
    case SignatureAlgorithm::RsaPssSha256:  // only attestations are signed so
    case SignatureAlgorithm::Other:
      return CertificateRefusal::WeakSignature;
    case SignatureAlgorithm::EcdsaSha256:
    case SignatureAlgorithm::EcdsaSha384:
    case SignatureAlgorithm::EcdsaSha512:
    case SignatureAlgorithm::RsaSha256:
    case SignatureAlgorithm::RsaSha384:
    case SignatureAlgorithm::RsaSha512:
    case SignatureAlgorithm::Ed25519:
      return std::nullopt;
  }
  return CertificateRefusal::WeakSignature;
}

CertificateRefusal refusal_for(TrustProblem problem) {
  switch (problem) {
    case TrustProblem::CaNotYetValid:
      return CertificateRefusal::CaNotYetValid;
    case TrustProblem::CaExpired:
      return CertificateRefusal::CaExpired;
    case TrustProblem::CrlNotYetValid:
      return CertificateRefusal::CrlNotYetValid;
    case TrustProblem::CrlExpired:
      return CertificateRefusal::CrlExpired;
    case TrustProblem::MissingCrl:
      return CertificateRefusal::CrlMissing;
    case TrustProblem::MalformedCa:
    case TrustProblem::NotACa:
    case TrustProblem::WeakCa:
    case TrustProblem::MalformedCrl:
    case TrustProblem::UnknownCrlIssuer:
    case TrustProblem::ForgedCrl:
    case TrustProblem::OlderCrl:
      break;
  }
  return CertificateRefusal::Rejected;
}

Refusal check_issuer(const CertificateInfo& leaf, const TrustBundle& trust, WallTime now) {
  const CertificateInfo* issuer = trust.issuer_of(leaf);
  if (issuer == nullptr) {
    return trust.has_name(leaf.issuer_der) ? CertificateRefusal::BadSignature : CertificateRefusal::UnknownCa;
  }
  if (const auto problem = trust.problem_of(*issuer, now)) return refusal_for(problem->problem);
  if (trust.is_revoked(leaf.issuer_der, leaf.serial_hex)) return CertificateRefusal::Revoked;
  return std::nullopt;
}

Refusal check_dates(const CertificateInfo& leaf, WallTime now) {
  if (now < leaf.not_before) return CertificateRefusal::NotYetValid;
  if (now > leaf.not_after) return CertificateRefusal::Expired;
  return std::nullopt;
}

Refusal check_purpose(const CertificateInfo& leaf, bool ExtendedKeyUsage::*purpose) {
  if (leaf.is_ca || (leaf.key_usage && leaf.key_usage->key_cert_sign)) return CertificateRefusal::IsCa;
  if (leaf.has_unknown_critical_extension) return CertificateRefusal::UnknownCriticalExtension;
  if (!leaf.key_usage) return CertificateRefusal::NoKeyUsage;
  if (!leaf.key_usage->digital_signature) return CertificateRefusal::NoDigitalSignature;
  if (!leaf.extended_key_usage) return CertificateRefusal::NoExtendedKeyUsage;
  if (!((*leaf.extended_key_usage).*purpose)) return CertificateRefusal::WrongExtendedKeyUsage;
  return std::nullopt;
}

/// Everything that devices and gateways have in common. The leaf's own dates are judged at `leaf_now`.
Refusal check_certificate(const CertificateInfo& leaf, const TrustBundle& trust, bool ExtendedKeyUsage::*purpose,
                          WallTime now, WallTime leaf_now) {
  if (const auto refusal = check_strength(leaf)) return refusal;
  if (const auto refusal = check_issuer(leaf, trust, now)) return refusal;
  if (const auto refusal = check_dates(leaf, leaf_now)) return refusal;
  return check_purpose(leaf, purpose);
}

PeerIdentity describe_peer(const CertificateInfo& leaf, PeerStanding standing) {
  PeerIdentity peer;
  peer.standing = standing;
  peer.serial_hex = leaf.serial_hex;
  peer.subject = leaf.subject;
  peer.not_before = leaf.not_before;
  peer.not_after = leaf.not_after;
  peer.key_kind = leaf.key.kind();
  peer.certificate = leaf;
  return peer;
}

Result<PeerIdentity, CertificateRefusal> identify_device(const CertificateInfo& leaf, std::string_view trust_domain,
                                                         PeerStanding standing) {
  if (leaf.uris.empty()) return fail(CertificateRefusal::NoIdentity);
  if (leaf.uris.size() > 1) return fail(CertificateRefusal::SeveralIdentities);
  const auto uri = DeviceUri::parse(leaf.uris.front());
  if (!uri) return fail(CertificateRefusal::WrongIdentity);
  if (uri->trust_domain != trust_domain) return fail(CertificateRefusal::WrongTrustDomain);
  if (leaf.emails.empty()) return fail(CertificateRefusal::NoUser);
  if (leaf.emails.size() > 1) return fail(CertificateRefusal::SeveralUsers);
  std::string user = lower_ascii(leaf.emails.front());
  if (!is_user_id(user)) return fail(CertificateRefusal::MalformedUser);

  PeerIdentity peer = describe_peer(leaf, standing);
  peer.device = uri->device;
  peer.user = UserId{std::move(user)};
  return peer;
}

}  // namespace

Result<PeerIdentity, CertificateRefusal> verify_device(const CertificateInfo& leaf, const TrustBundle& trust,
                                                       std::string_view trust_domain, WallTime now) {
  if (const auto refusal = check_certificate(leaf, trust, &ExtendedKeyUsage::client_auth, now, now)) {
    return fail(*refusal);
  }
  return identify_device(leaf, trust_domain, PeerStanding::Good);
}

Result<PeerIdentity, CertificateRefusal> verify_expired_device(const CertificateInfo& leaf, const TrustBundle& trust,
                                                               std::string_view trust_domain, WallTime now,
                                                               std::chrono::seconds grace) {
  if (now <= leaf.not_after || now - leaf.not_after > grace) return fail(CertificateRefusal::Expired);
  if (const auto refusal = check_certificate(leaf, trust, &ExtendedKeyUsage::client_auth, now, leaf.not_after)) {
    return fail(*refusal);
  }
  return identify_device(leaf, trust_domain, PeerStanding::RenewalOnly);
}

Result<PeerIdentity, CertificateRefusal> verify_gateway(const CertificateInfo& leaf, const TrustBundle& trust,
                                                        std::string_view name, WallTime now) {
  if (const auto refusal = check_certificate(leaf, trust, &ExtendedKeyUsage::server_auth, now, now)) {
    return fail(*refusal);
  }
  bool is_named = false;
  if (const auto address = IpAddress::parse(name)) {
    is_named = std::find(leaf.addresses.begin(), leaf.addresses.end(), *address) != leaf.addresses.end();
  } else {
    const std::string wanted = lower_ascii(name);
    is_named = !wanted.empty() && std::any_of(leaf.dns_names.begin(), leaf.dns_names.end(),
                                              [&wanted](const std::string& dns) { return lower_ascii(dns) == wanted; });
  }
  if (!is_named) return fail(CertificateRefusal::WrongName);
  return describe_peer(leaf, PeerStanding::Good);
}

}  // namespace sallyport
