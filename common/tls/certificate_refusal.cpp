#include "common/tls/certificate_refusal.hpp"

namespace sallyport {

std::string_view to_string(CertificateRefusal refusal) noexcept {
  switch (refusal) {
    case CertificateRefusal::NoCertificate:
      return "no-certificate";
    case CertificateRefusal::Malformed:
      return "malformed";
    case CertificateRefusal::UnknownCa:
      return "unknown-ca";
    case CertificateRefusal::BadSignature:
      return "bad-signature";
    case CertificateRefusal::NotYetValid:
      return "not-yet-valid";
    case CertificateRefusal::Expired:
      return "expired";
    case CertificateRefusal::CaNotYetValid:
      return "ca-not-yet-valid";
    case CertificateRefusal::CaExpired:
      return "ca-expired";
    case CertificateRefusal::IsCa:
      return "is-ca";
    case CertificateRefusal::UnknownCriticalExtension:
      return "unknown-critical-extension";
    case CertificateRefusal::WeakKey:
      return "weak-key";
    case CertificateRefusal::WeakSignature:
      return "weak-signature";
    case CertificateRefusal::NoKeyUsage:
      return "no-key-usage";
    case CertificateRefusal::NoDigitalSignature:
      return "no-digital-signature";
    case CertificateRefusal::NoExtendedKeyUsage:
      return "no-extended-key-usage";
    case CertificateRefusal::WrongExtendedKeyUsage:
      return "wrong-extended-key-usage";
    case CertificateRefusal::NoIdentity:
      return "no-identity";
    case CertificateRefusal::SeveralIdentities:
      return "several-identities";
    case CertificateRefusal::WrongIdentity:
      return "wrong-identity";
    case CertificateRefusal::WrongTrustDomain:
      return "wrong-trust-domain";
    case CertificateRefusal::NoUser:
      return "no-user";
    case CertificateRefusal::SeveralUsers:
      return "several-users";
    case CertificateRefusal::MalformedUser:
      return "malformed-user";
    case CertificateRefusal::WrongName:
      return "wrong-name";
    case CertificateRefusal::Revoked:
      return "revoked";
    case CertificateRefusal::CrlMissing:
      return "crl-missing";
    case CertificateRefusal::CrlNotYetValid:
      return "crl-not-yet-valid";
    case CertificateRefusal::CrlExpired:
      return "crl-expired";
    case CertificateRefusal::Rejected:
      return "rejected";
  }
  return "rejected";
}

std::string_view describe(CertificateRefusal refusal) noexcept {
  switch (refusal) {
    case CertificateRefusal::NoCertificate:
      return "the peer showed no certificate; enrol the device";
    case CertificateRefusal::Malformed:
      return "the certificate is damaged";
    case CertificateRefusal::UnknownCa:
      return "the certificate was not issued directly by a trusted authority";
    case CertificateRefusal::BadSignature:
      return "the certificate's signature is not the authority's";
    case CertificateRefusal::NotYetValid:
      return "the certificate is not valid yet; check the clocks";
    case CertificateRefusal::Expired:
      return "the certificate has expired; renew it";
    case CertificateRefusal::CaNotYetValid:
      return "the authority is not valid yet; check the clocks";
    case CertificateRefusal::CaExpired:
      return "the authority has expired; make a new one and enrol again";
    case CertificateRefusal::IsCa:
      return "the certificate is an authority's, not an identity";
    case CertificateRefusal::UnknownCriticalExtension:
      return "the certificate has an unknown critical extension";
    case CertificateRefusal::WeakKey:
      return "the key is not P-256, P-384, Ed25519 or RSA of at least 2048 bits";
    case CertificateRefusal::WeakSignature:
      return "the certificate is signed with a weak or unknown algorithm";
    case CertificateRefusal::NoKeyUsage:
      return "the certificate does not say what its key may do (keyUsage)";
    case CertificateRefusal::NoDigitalSignature:
      return "the key may not sign (keyUsage digitalSignature)";
    case CertificateRefusal::NoExtendedKeyUsage:
      return "the certificate does not say its purpose (extendedKeyUsage)";
    case CertificateRefusal::WrongExtendedKeyUsage:
      return "the certificate is for another purpose (extendedKeyUsage)";
    case CertificateRefusal::NoIdentity:
      return "the certificate names no device";
    case CertificateRefusal::SeveralIdentities:
      return "the certificate names more than one device";
    case CertificateRefusal::WrongIdentity:
      return "the certificate's URI is not spiffe://<trust-domain>/device/<id>";
    case CertificateRefusal::WrongTrustDomain:
      return "the device belongs to another trust domain";
    case CertificateRefusal::NoUser:
      return "the certificate names no user";
    case CertificateRefusal::SeveralUsers:
      return "the certificate names more than one user";
    case CertificateRefusal::MalformedUser:
      return "the certificate's user is not an e-mail address";
    case CertificateRefusal::WrongName:
      return "the gateway's certificate is for another name";
    case CertificateRefusal::Revoked:
      return "the certificate has been revoked";
    case CertificateRefusal::CrlMissing:
      return "there is no revocation list of the authority";
    case CertificateRefusal::CrlNotYetValid:
      return "the revocation list is not valid yet; check the clocks";
    case CertificateRefusal::CrlExpired:
      return "the revocation list has expired; issue a new one and reload";
    case CertificateRefusal::Rejected:
      return "the TLS library rejected the certificate";
  }
  return "the TLS library rejected the certificate";
}

}  // namespace sallyport
