#include "common/pki/trust_bundle.hpp"

#include "common/base/hex.hpp"

#include <algorithm>

namespace sallyport {
namespace {

/// The authority's clock may be this far ahead of ours.
constexpr std::chrono::minutes kClockSkew{5};

bool is_weak(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::Sha1 || algorithm == SignatureAlgorithm::Md5 ||
         algorithm == SignatureAlgorithm::Other;
}

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

std::optional<TrustError> check_dates(const RevocationList& list, WallTime now) {
  if (list.this_update() > now + kClockSkew) {
    return TrustError{TrustProblem::CrlNotYetValid, "the revocation list was issued in the future (" +
                                                        format_utc(list.this_update()) +
                                                        "); check this machine's clock"};
  }
  if (now > list.next_update()) {
    return TrustError{TrustProblem::CrlExpired, "the revocation list expired on " + format_utc(list.next_update()) +
                                                    "; issue a new one and reload"};
  }
  return std::nullopt;
}

std::string authority_id(const CertificateInfo& ca) {
  const auto id = ca.key.key_id();
  return id ? to_hex(*id) : std::string{};
}

}  // namespace

Result<std::shared_ptr<const TrustBundle>, TrustError> TrustBundle::load(const TrustSources& sources, WallTime now) {
  auto bundle = std::shared_ptr<TrustBundle>(new TrustBundle);
  bundle->crl_required_ = sources.crl_required;
  bundle->mark_ = sources.high_water_mark;
  const bool with_lists = sources.crl_required || sources.crl_pem.has_value();
  if (auto error = bundle->add_authorities(sources.ca_pem, now, with_lists)) return fail(std::move(*error));
  if (sources.crl_pem) {
    if (auto error = bundle->add_lists(*sources.crl_pem, now)) return fail(std::move(*error));
  }
  if (auto error = bundle->check_coverage()) return fail(std::move(*error));
  return std::shared_ptr<const TrustBundle>{std::move(bundle)};
}

std::optional<TrustError> TrustBundle::add_authorities(const std::string& pem, WallTime now, bool with_lists) {
  auto certificates = parse_certificates(pem);
  if (!certificates) return TrustError{TrustProblem::MalformedCa, certificates.error().words};
  authorities_ = std::move(*certificates);
  for (const CertificateInfo& ca : authorities_) {
    if (auto error = check_authority(ca, with_lists)) return error;
  }
  // An authority that has run out may stay in the file beside its successor, but not alone.
  const bool any_valid = std::any_of(authorities_.begin(), authorities_.end(),
                                     [now](const CertificateInfo& ca) { return ca.is_valid_at(now); });
  return any_valid ? std::nullopt : check_dates(authorities_.front(), now);
}

std::optional<TrustError> TrustBundle::add_lists(const std::string& pem, WallTime now) {
  auto lists = parse_revocation_lists(pem);
  if (!lists) return TrustError{TrustProblem::MalformedCrl, lists.error().words};
  if (lists->empty()) return TrustError{TrustProblem::MalformedCrl, "no revocation list in PEM form was found"};
  for (RevocationList& list : *lists) {
    if (auto error = add_list(std::move(list), now)) return error;
  }
  return std::nullopt;
}

std::optional<TrustError> TrustBundle::add_list(RevocationList list, WallTime now) {
  const auto is_issuer = [&list](const CertificateInfo& ca) { return ca.subject_der == list.issuer_der(); };
  if (std::none_of(authorities_.begin(), authorities_.end(), is_issuer)) {
    return TrustError{TrustProblem::UnknownCrlIssuer,
                      "the revocation list was issued by an authority not trusted here"};
  }
  const auto issuer = std::find_if(authorities_.begin(), authorities_.end(), [&](const CertificateInfo& ca) {
    return is_issuer(ca) && list.is_signed_by(ca.key);
  });
  if (issuer == authorities_.end()) {
    return TrustError{TrustProblem::ForgedCrl, "the revocation list's signature is not the authority's"};
  }
  if (list_of(*issuer) != nullptr) {
    return TrustError{TrustProblem::MalformedCrl, "two revocation lists of one authority in one file"};
  }
  auto error = check_dates(list, now);
  if (error && error->problem != TrustProblem::CrlExpired) return error;

  const std::string id = authority_id(*issuer);
  const HighWaterMark::Entry entry{list.number(), list.this_update()};
  const auto seen = mark_.find(id);
  if (id.empty() || (seen && entry < *seen)) {
    return TrustError{TrustProblem::OlderCrl, "revocation list number " + std::to_string(entry.number) +
                                                  " is older than number " + std::to_string(seen ? seen->number : 0) +
                                                  " seen before: it would un-revoke devices"};
  }
  mark_.raise(id, entry);
  lists_.push_back(std::move(list));
  return std::nullopt;
}

std::optional<TrustError> TrustBundle::check_coverage() const {
  if (!crl_required_) return std::nullopt;
  for (const CertificateInfo& ca : authorities_) {
    if (list_of(ca) != nullptr) continue;
    return TrustError{TrustProblem::MissingCrl, "there is no revocation list of " + ca.subject +
                                                    "; issue one (every `sallyportctl devices revoke` does)"};
  }
  return std::nullopt;
}

const RevocationList* TrustBundle::list_of(const CertificateInfo& authority) const {
  const auto list = std::find_if(lists_.begin(), lists_.end(), [&authority](const RevocationList& candidate) {
    return candidate.issuer_der() == authority.subject_der && candidate.is_signed_by(authority.key);
  });
  return list == lists_.end() ? nullptr : &*list;
}

std::optional<TrustError> TrustBundle::problem_of(const CertificateInfo& authority, WallTime now) const {
  if (auto error = check_dates(authority, now)) return error;
  const auto list = std::find_if(lists_.begin(), lists_.end(), [&authority](const RevocationList& candidate) {
    return candidate.issuer_der() == authority.subject_der;
  });
  if (list != lists_.end()) return check_dates(*list, now);
  if (!crl_required_) return std::nullopt;
  return TrustError{TrustProblem::MissingCrl, "there is no revocation list of " + authority.subject};
}

std::optional<TrustError> TrustBundle::problem_at(WallTime now) const {
  std::optional<TrustError> first;
  for (const CertificateInfo& ca : authorities_) {
    auto problem = problem_of(ca, now);
    if (!problem) return std::nullopt;
    if (!first) first = std::move(problem);
  }
  return first;
}

WallTime TrustBundle::expires_at() const noexcept {
  WallTime latest{};
  for (const CertificateInfo& ca : authorities_) {
    WallTime until = ca.not_after;
    for (const RevocationList& list : lists_) {
      if (list.issuer_der() == ca.subject_der) until = std::min(until, list.next_update());
    }
    latest = std::max(latest, until);
  }
  return latest + std::chrono::seconds{1};
}

const CertificateInfo* TrustBundle::issuer_of(const CertificateInfo& certificate) const {
  for (const CertificateInfo& ca : authorities_) {
    if (ca.subject_der == certificate.issuer_der && certificate.is_signed_by(ca.key)) return &ca;
  }
  return nullptr;
}

bool TrustBundle::has_name(Bytes issuer_der) const noexcept {
  return std::any_of(authorities_.begin(), authorities_.end(), [issuer_der](const CertificateInfo& ca) {
    return std::ranges::equal(ca.subject_der, issuer_der);
  });
}

std::optional<WallTime> TrustBundle::revocation_as_of() const {
  std::optional<WallTime> oldest;
  for (const auto& list : lists_) oldest = std::min(oldest.value_or(list.this_update()), list.this_update());
  // Of an authority without a list nothing is known.
  return lists_.size() == authorities_.size() ? oldest : std::nullopt;
}

bool TrustBundle::is_revoked(Bytes issuer_der, std::string_view serial_hex) const noexcept {
  return std::any_of(lists_.begin(), lists_.end(), [&](const RevocationList& list) {
    return std::ranges::equal(list.issuer_der(), issuer_der) && list.contains(serial_hex);
  });
}

bool TrustBundle::is_revoked(std::string_view serial_hex) const noexcept {
  return std::any_of(lists_.begin(), lists_.end(),
                     [serial_hex](const RevocationList& list) { return list.contains(serial_hex); });
}

}  // namespace sallyport
