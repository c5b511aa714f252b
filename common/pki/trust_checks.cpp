#include "common/pki/trust_checks.hpp"

namespace sallyport {
namespace {

/// The authority's clock may be this far ahead of ours.
constexpr std::chrono::minutes kClockSkew{5};

bool is_weak(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::Sha1 || algorithm == SignatureAlgorithm::Md5 ||
         algorithm == SignatureAlgorithm::Other;
}

}  // namespace

std::optional<TrustError> check_authority(const CertificateInfo& ca, bool signs_lists) {
  const bool may_sign = ca.is_ca && ca.key_usage && ca.key_usage->key_cert_sign;
  if (!may_sign) {
    return TrustError{TrustProblem::NotACa, ca.subject + " is not an authority (needs CA:TRUE and keyCertSign)"};
  }
  if (signs_lists && !ca.key_usage->crl_sign) {
    return TrustError{TrustProblem::NotACa, ca.subject + " may not sign revocation lists (needs cRLSign)"};
  }
  if (ca.has_unknown_critical_extension) {
    return TrustError{TrustProblem::NotACa, ca.subject + " carries a critical extension that Sallyport does not know"};
  }
  if (!ca.key.is_acceptable() || !ca.key.is_sound() || is_weak(ca.signature_algorithm)) {
    return TrustError{TrustProblem::WeakCa, ca.subject + " has a weak key or signature"};
  }
  const bool is_self_issued = ca.subject_der == ca.issuer_der;
  if (is_self_issued && !ca.is_signed_by(ca.key)) {
    return TrustError{TrustProblem::MalformedCa, ca.subject + " is damaged: its own signature does not verify"};
  }
  return std::nullopt;
}

std::optional<TrustError> check_dates(const CertificateInfo& ca, WallTime now) {
  if (now < ca.not_before) {
    return TrustError{TrustProblem::CaNotYetValid,
                      ca.subject + " is valid from " + format_utc(ca.not_before) + "; check this machine's clock"};
  }
  if (now > ca.not_after) {
    return TrustError{TrustProblem::CaExpired, ca.subject + " expired on " + format_utc(ca.not_after) +
                                                   "; every certificate must be issued anew by a new authority"};
  }
  return std::nullopt;
}

std::optional<TrustError> check_dates(const RevocationList& list, WallTime now, std::chrono::seconds grace) {
  if (list.this_update() > now + kClockSkew) {
    return TrustError{TrustProblem::CrlNotYetValid, "the revocation list was issued in the future (" +
                                                        format_utc(list.this_update()) +
                                                        "); check this machine's clock"};
  }
  if (now > list.next_update() && now - list.next_update() > grace) {
    return TrustError{TrustProblem::CrlExpired, "the revocation list expired on " + format_utc(list.next_update()) +
                                                    "; issue a new one and reload"};
  }
  return std::nullopt;
}

}  // namespace sallyport
