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
    case TrustProblem::UnreadCrl:
      return CertificateRefusal::CrlMissing;
    case TrustProblem::UnknownCa:
      return CertificateRefusal::UnknownCa;
    case TrustProblem::MalformedCa:
    case TrustProblem::SharedCa:
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

Result<const CertificateInfo*, CertificateRefusal> find_issuer(const CertificateInfo& leaf, const TrustBundle& trust,
                                                               WallTime now) {
  const CertificateInfo* issuer = trust.issuer_of(leaf);
  if (issuer == nullptr) {
    return fail(trust.has_name(leaf.issuer_der) ? CertificateRefusal::BadSignature : CertificateRefusal::UnknownCa);
  }
  if (const auto problem = trust.problem_of(*issuer, now)) return fail(refusal_for(problem->problem));
  if (trust.is_revoked_by(trust.id_of(*issuer), leaf.serial_hex)) return fail(CertificateRefusal::Revoked);
  return issuer;
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

/// Everything that devices and gateways have in common; who signed the leaf. The leaf's own dates are judged at
/// `leaf_now`.
Result<const CertificateInfo*, CertificateRefusal> check_certificate(const CertificateInfo& leaf,
                                                                     const TrustBundle& trust,
                                                                     bool ExtendedKeyUsage::*purpose, WallTime now,
                                                                     WallTime leaf_now) {
  if (const auto refusal = check_strength(leaf)) return fail(*refusal);
  const auto issuer = find_issuer(leaf, trust, now);
  if (!issuer) return issuer;
  if (const auto refusal = check_dates(leaf, leaf_now)) return fail(*refusal);
  if (const auto refusal = check_purpose(leaf, purpose)) return fail(*refusal);
  return issuer;
}

PeerIdentity describe_peer(const CertificateInfo& leaf, const TrustBundle& trust, const CertificateInfo& issuer,
                           PeerStanding standing) {
  PeerIdentity peer;
  peer.standing = standing;
  peer.authority = trust.rules_of(issuer).name;
  peer.issuer = trust.id_of(issuer);
  peer.issuer_ends = issuer.not_after;
  peer.serial_hex = leaf.serial_hex;
  peer.subject = leaf.subject;
  peer.not_before = leaf.not_before;
  peer.not_after = leaf.not_after;
  peer.key_kind = leaf.key.kind();
  peer.certificate = leaf;
  return peer;
}

Result<MappedIdentity, CertificateRefusal> identify_own(const CertificateInfo& leaf, std::string_view trust_domain) {
  if (leaf.uris.empty()) return fail(CertificateRefusal::NoIdentity);
  if (leaf.uris.size() > 1) return fail(CertificateRefusal::SeveralIdentities);
  const auto uri = DeviceUri::parse(leaf.uris.front());
  if (!uri) return fail(CertificateRefusal::WrongIdentity);
  if (uri->trust_domain != trust_domain) return fail(CertificateRefusal::WrongTrustDomain);
  if (leaf.emails.empty()) return fail(CertificateRefusal::NoUser);
  if (leaf.emails.size() > 1) return fail(CertificateRefusal::SeveralUsers);
  std::string user = lower_ascii(leaf.emails.front());
  if (!is_user_id(user)) return fail(CertificateRefusal::MalformedUser);
  return MappedIdentity{uri->device, UserId{std::move(user)}};
}

CertificateRefusal refusal_for(IdentityFault fault) {
  switch (fault) {
    case IdentityFault::NoMatchingUri:
      return CertificateRefusal::NoMatchingUri;
    case IdentityFault::SeveralMatchingUris:
      return CertificateRefusal::SeveralMatchingUris;
    case IdentityFault::NoUser:
      return CertificateRefusal::NoUser;
    case IdentityFault::SeveralUsers:
      return CertificateRefusal::SeveralUsers;
    case IdentityFault::MalformedUser:
      return CertificateRefusal::MalformedUser;
    case IdentityFault::NoDevice:
      return CertificateRefusal::NoIdentity;
    case IdentityFault::SeveralDevices:
      return CertificateRefusal::SeveralIdentities;
    case IdentityFault::MalformedDevice:
      return CertificateRefusal::MalformedDevice;
  }
  return CertificateRefusal::Rejected;
}

Result<MappedIdentity, CertificateRefusal> identify_foreign(const CertificateInfo& leaf, const AuthorityRules& rules) {
  auto mapped = map_identity(leaf, rules.identity);
  if (!mapped) return fail(refusal_for(mapped.error()));
  if (!rules.may_name(mapped->user)) return fail(CertificateRefusal::UserNotAllowed);
  return std::move(*mapped);
}

Result<PeerIdentity, CertificateRefusal> identify_device(const CertificateInfo& leaf, const TrustBundle& trust,
                                                         const CertificateInfo& issuer, std::string_view trust_domain,
                                                         PeerStanding standing) {
  const AuthorityRules& rules = trust.rules_of(issuer);
  auto identity = rules.is_own() ? identify_own(leaf, trust_domain) : identify_foreign(leaf, rules);
  if (!identity) return fail(identity.error());
  PeerIdentity peer = describe_peer(leaf, trust, issuer, standing);
  peer.device = std::move(identity->device);
  peer.user = std::move(identity->user);
  return peer;
}

}  // namespace

Result<PeerIdentity, CertificateRefusal> verify_device(const CertificateInfo& leaf, const TrustBundle& trust,
                                                       std::string_view trust_domain, WallTime now) {
  const auto issuer = check_certificate(leaf, trust, &ExtendedKeyUsage::client_auth, now, now);
  if (!issuer) return fail(issuer.error());
  return identify_device(leaf, trust, **issuer, trust_domain, PeerStanding::Good);
}

Result<PeerIdentity, CertificateRefusal> verify_expired_device(const CertificateInfo& leaf, const TrustBundle& trust,
                                                               std::string_view trust_domain, WallTime now,
                                                               std::chrono::seconds grace) {
  if (now <= leaf.not_after || now - leaf.not_after > grace) return fail(CertificateRefusal::Expired);
  const auto issuer = check_certificate(leaf, trust, &ExtendedKeyUsage::client_auth, now, leaf.not_after);
  if (!issuer) return fail(issuer.error());
  if (!trust.rules_of(**issuer).is_own()) return fail(CertificateRefusal::Expired);
  return identify_device(leaf, trust, **issuer, trust_domain, PeerStanding::RenewalOnly);
}

Result<PeerIdentity, CertificateRefusal> verify_gateway(const CertificateInfo& leaf, const TrustBundle& trust,
                                                        std::string_view name, WallTime now) {
  const auto issuer = check_certificate(leaf, trust, &ExtendedKeyUsage::server_auth, now, now);
  if (!issuer) return fail(issuer.error());
  bool is_named = false;
  if (const auto address = IpAddress::parse(name)) {
    is_named = std::find(leaf.addresses.begin(), leaf.addresses.end(), *address) != leaf.addresses.end();
  } else {
    const std::string wanted = lower_ascii(name);
    is_named = !wanted.empty() && std::any_of(leaf.dns_names.begin(), leaf.dns_names.end(),
                                              [&wanted](const std::string& dns) { return lower_ascii(dns) == wanted; });
  }
  if (!is_named) return fail(CertificateRefusal::WrongName);
  return describe_peer(leaf, trust, **issuer, PeerStanding::Good);
}

}  // namespace sallyport
