#include "common/tls/certificate_refusal.hpp"

#include <array>
#include <cstddef>

namespace sallyport {
namespace {

struct Row {
  CertificateRefusal refusal;
  std::string_view word;
  std::string_view description;
};

constexpr std::array kRows{
    Row{CertificateRefusal::NoCertificate, "no_certificate", "the peer showed no certificate; enrol the device"},
    Row{CertificateRefusal::Malformed, "malformed", "the certificate is damaged"},
    Row{CertificateRefusal::UnknownCa, "unknown_ca", "the certificate was not issued directly by a trusted authority"},
    Row{CertificateRefusal::BadSignature, "bad_signature", "the certificate's signature is not the authority's"},
    Row{CertificateRefusal::NotYetValid, "not_yet_valid", "the certificate is not valid yet; check the clocks"},
    Row{CertificateRefusal::Expired, "expired", "the certificate has expired; renew it"},
    Row{CertificateRefusal::CaNotYetValid, "ca_not_yet_valid", "the authority is not valid yet; check the clocks"},
    Row{CertificateRefusal::CaExpired, "ca_expired", "the authority has expired; make a new one and enrol again"},
    Row{CertificateRefusal::IsCa, "is_ca", "the certificate is an authority's, not an identity"},
    Row{CertificateRefusal::UnknownCriticalExtension, "unknown_critical_extension",
        "the certificate has an unknown critical extension"},
    Row{CertificateRefusal::WeakKey, "weak_key", "the key is not P-256, P-384, Ed25519 or RSA of at least 2048 bits"},
    Row{CertificateRefusal::WeakSignature, "weak_signature",
        "the certificate is signed with a weak or unknown algorithm"},
    Row{CertificateRefusal::NoKeyUsage, "no_key_usage", "the certificate does not say what its key may do (keyUsage)"},
    Row{CertificateRefusal::NoDigitalSignature, "no_digital_signature",
        "the key may not sign (keyUsage digitalSignature)"},
    Row{CertificateRefusal::NoExtendedKeyUsage, "no_extended_key_usage",
        "the certificate does not say its purpose (extendedKeyUsage)"},
    Row{CertificateRefusal::WrongExtendedKeyUsage, "wrong_extended_key_usage",
        "the certificate is for another purpose (extendedKeyUsage)"},
    Row{CertificateRefusal::NoIdentity, "no_identity", "the certificate names no device"},
    Row{CertificateRefusal::SeveralIdentities, "several_identities", "the certificate names more than one device"},
    Row{CertificateRefusal::WrongIdentity, "wrong_identity",
        "the certificate's URI is not spiffe://<trust-domain>/device/<id>"},
    Row{CertificateRefusal::WrongTrustDomain, "wrong_trust_domain", "the device belongs to another trust domain"},
    Row{CertificateRefusal::NoUser, "no_user", "the certificate names no user"},
    Row{CertificateRefusal::SeveralUsers, "several_users", "the certificate names more than one user"},
    Row{CertificateRefusal::MalformedUser, "malformed_user", "the certificate's user is not an e-mail address"},
    Row{CertificateRefusal::NoMatchingUri, "no_matching_uri",
        "no URI of the certificate fits the authority's identity mapping (identity in [[authority]])"},
    Row{CertificateRefusal::SeveralMatchingUris, "several_matching_uris",
        "more than one URI of the certificate fits the authority's identity mapping: it must be exactly one"},
    Row{CertificateRefusal::MalformedDevice, "malformed_device",
        "what the certificate names cannot be a device: 1 to 63 of a-z, 0-9 and '-'"},
    Row{CertificateRefusal::UserNotAllowed, "user_not_allowed",
        "the authority may not name this person (users in [[authority]])"},
    Row{CertificateRefusal::WrongName, "wrong_name", "the gateway's certificate is for another name"},
    Row{CertificateRefusal::Revoked, "revoked", "the certificate has been revoked"},
    Row{CertificateRefusal::CrlMissing, "crl_missing", "there is no revocation list of the authority"},
    Row{CertificateRefusal::CrlNotYetValid, "crl_not_yet_valid",
        "the revocation list is not valid yet; check the clocks"},
    Row{CertificateRefusal::CrlExpired, "crl_expired", "the revocation list has expired; issue a new one and reload"},
    Row{CertificateRefusal::Rejected, "rejected", "the TLS library rejected the certificate"},
};

/// A row for every enumerator, in its place: looking one up cannot fail.
constexpr bool is_complete() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].refusal) != i) return false;
  }
  return kRows.size() == static_cast<std::size_t>(CertificateRefusal::Rejected) + 1;
}
static_assert(is_complete());

const Row& row_of(CertificateRefusal refusal) noexcept { return kRows[static_cast<std::size_t>(refusal)]; }

}  // namespace

std::string_view to_string(CertificateRefusal refusal) noexcept { return row_of(refusal).word; }

std::string_view describe(CertificateRefusal refusal) noexcept { return row_of(refusal).description; }

}  // namespace sallyport
