#include "common/pki/trust_bundle.hpp"

#include "common/base/hex.hpp"
#include "common/pki/trust_checks.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

constexpr std::size_t kOwn = 0;
constexpr std::size_t kNoPlace = SIZE_MAX;

TrustError about(const AuthorityRules& rules, TrustError error) {
  if (!rules.is_own()) error.words = words_for(rules) + ": " + error.words;
  return error;
}

std::string described(const CertificateInfo& ca) { return ca.subject + " (serial " + ca.serial_hex + ')'; }

TrustError older(const HighWaterMark::Entry& entry, const HighWaterMark::Entry& seen) {
  return TrustError{TrustProblem::OlderCrl, "revocation list number " + std::to_string(entry.number) +
                                                " is older than number " + std::to_string(seen.number) +
                                                " seen before: it would un-revoke devices"};
}

}  // namespace

Result<std::shared_ptr<const TrustBundle>, TrustError> TrustBundle::load(const TrustSources& sources, WallTime now) {
  auto bundle = std::shared_ptr<TrustBundle>(new TrustBundle);
  bundle->mark_ = sources.high_water_mark;
  if (auto error = bundle->add_own(sources, now)) return fail(std::move(*error));
  for (const ForeignAuthority& foreign : sources.foreign) {
    if (auto error = bundle->add_foreign(foreign, sources.unread, now))
      return fail(about(foreign.rules, std::move(*error)));
  }
  if (auto error = bundle->check_coverage()) return fail(std::move(*error));
  return std::shared_ptr<const TrustBundle>{std::move(bundle)};
}

std::optional<TrustError> TrustBundle::add_own(const TrustSources& sources, WallTime now) {
  AuthorityRules own;
  own.crl_required = sources.crl_required;
  own.crl_grace = sources.crl_grace;
  rules_.push_back(std::move(own));
  const bool with_lists = sources.crl_required || sources.crl_pem.has_value();
  if (auto error = add_authorities(sources.ca_pem, with_lists)) return error;
  // An authority that has run out may stay in the file beside its successor, but not alone.
  const bool any_valid = std::any_of(authorities_.begin(), authorities_.end(),
                                     [now](const CertificateInfo& ca) { return ca.is_valid_at(now); });
  if (!any_valid) return check_dates(authorities_.front(), now);
  return sources.crl_pem ? add_lists(*sources.crl_pem, now) : std::nullopt;
}

std::optional<TrustError> TrustBundle::add_foreign(const ForeignAuthority& foreign,
                                                   const std::vector<UnreadSource>& unread, WallTime now) {
  rules_.push_back(foreign.rules);
  const bool with_lists = foreign.rules.crl_required || !foreign.lists.empty();
  if (auto error = add_authorities(foreign.certificates_pem, with_lists)) return error;
  keep_unread(foreign.sources, unread);
  (void)take_all(rules_.size() - 1, foreign.lists, now);
  return std::nullopt;
}

std::optional<TrustError> TrustBundle::add_authorities(const std::string& pem, bool with_lists) {
  auto certificates = parse_certificates(pem);
  if (!certificates) return TrustError{TrustProblem::MalformedCa, certificates.error().words};
  const std::size_t rules = rules_.size() - 1;
  for (CertificateInfo& ca : *certificates) {
    if (auto error = check_authority(ca, with_lists)) return error;
    const auto key = ca.key.key_id();
    if (!key) return TrustError{TrustProblem::MalformedCa, key.error().words};
    auto id = to_hex(*key);
    if (auto error = check_namesakes(ca, id, with_lists)) return error;
    authorities_.push_back(std::move(ca));
    rules_of_.push_back(rules);
    ids_.push_back(std::move(id));
  }
  return std::nullopt;
}

/// Everything is decided by the key that signed, and by its one name: certificates of one key under two names would be
/// held against each other's lists, and the TLS library knows lists by name alone.
std::optional<TrustError> TrustBundle::check_namesakes(const CertificateInfo& ca, const std::string& id,
                                                       bool with_lists) const {
  const std::size_t rules = rules_.size() - 1;
  const auto shared = [](std::string words) { return TrustError{TrustProblem::SharedCa, std::move(words)}; };
  for (std::size_t i = 0; i < authorities_.size(); ++i) {
    const CertificateInfo& other = authorities_[i];
    const bool same_key = ids_[i] == id;
    const bool same_name = other.subject_der == ca.subject_der;
    if (rules_of_[i] != rules && (same_key || same_name)) {
      return shared(ca.subject + " has the name or the key of a certificate of " + words_for(rules_[rules_of_[i]]) +
                    ": list it once");
    }
    if (same_key && !same_name) {
      return shared("one key under two names: " + described(ca) + " and " + described(other) +
                    "; keep the one by which it signs");
    }
    if (same_name && !same_key && (with_lists || !rules_[rules].is_own())) {
      return shared("one name with two keys: " + described(ca) + " and " + described(other) +
                    "; revocation lists go by name: give the newer one a name of its own, or keep one");
    }
  }
  return std::nullopt;
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
  const auto signer = judge_list(list, kOwn, now);
  if (!signer) return signer.error();
  if (list_index(*signer)) {
    return TrustError{TrustProblem::MalformedCrl, "two revocation lists of one authority in one file"};
  }
  mark_.raise(ids_[*signer], entry_of(list));
  lists_.push_back(std::move(list));
  list_signers_.push_back(*signer);
  return std::nullopt;
}

/// The place of the authority that signed the list, which is then one that may be used, expired or not.
Result<std::size_t, TrustError> TrustBundle::judge_list(const RevocationList& list, std::size_t rules,
                                                        WallTime now) const {
  bool is_named = false;
  std::size_t signer = kNoPlace;
  for (std::size_t i = 0; i < authorities_.size() && signer == kNoPlace; ++i) {
    if (rules_of_[i] != rules || authorities_[i].subject_der != list.issuer_der()) continue;
    is_named = true;
    if (list.is_signed_by(authorities_[i].key)) signer = i;
  }
  if (!is_named) {
    return fail(
        TrustError{TrustProblem::UnknownCrlIssuer, "the revocation list was issued by an authority not trusted here"});
  }
  if (signer == kNoPlace) {
    return fail(TrustError{TrustProblem::ForgedCrl, "the revocation list's signature is not the authority's"});
  }
  auto error = check_dates(list, now);
  if (error && error->problem != TrustProblem::CrlExpired) return fail(std::move(*error));
  const auto seen = mark_.find(ids_[signer]);
  if (seen && entry_of(list) < *seen) return fail(older(entry_of(list), *seen));
  return signer;
}

std::optional<TrustError> TrustBundle::check_coverage() const {
  for (std::size_t i = 0; i < authorities_.size(); ++i) {
    const AuthorityRules& rules = rules_[rules_of_[i]];
    // Where a list was in force once, its absence would un-revoke.
    if (list_index(i) || (!rules.crl_required && !mark_.find(ids_[i]))) continue;
    if (rules.is_own()) {
      return TrustError{TrustProblem::MissingCrl, "there is no revocation list of " + authorities_[i].subject +
                                                      "; issue one (every `sallyportctl devices revoke` does)"};
    }
    std::string words = "there is no good revocation list of " + authorities_[i].subject;
    for (const auto& fault : faults_) words += "; " + fault.origin + ": " + fault.error.words;
    return about(rules, {TrustProblem::MissingCrl, words});
  }
  return std::nullopt;
}

std::size_t TrustBundle::index_of(const CertificateInfo& authority) const noexcept {
  for (std::size_t i = 0; i < authorities_.size(); ++i) {
    if (&authorities_[i] == &authority || authorities_[i].der == authority.der) return i;
  }
  return kNoPlace;
}

/// An authority that was certified anew for the key it had has one list for both certificates.
std::optional<std::size_t> TrustBundle::list_index(std::size_t authority) const noexcept {
  if (authority >= ids_.size()) return std::nullopt;
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    if (ids_[list_signers_[i]] == ids_[authority] && lists_[i].issuer_der() == authorities_[authority].subject_der)
      return i;
  }
  return std::nullopt;
}

/// Of several certificates for one key the one that lasts longest.
const CertificateInfo* TrustBundle::authority_with(std::string_view id) const noexcept {
  const CertificateInfo* found = nullptr;
  for (std::size_t i = 0; i < authorities_.size(); ++i) {
    if (ids_[i] != id) continue;
    if (found == nullptr || found->not_after < authorities_[i].not_after) found = &authorities_[i];
  }
  return found;
}

bool TrustBundle::has_key(std::size_t rules, std::string_view id) const noexcept {
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    if (rules_of_[i] == rules && ids_[i] == id) return true;
  }
  return false;
}

bool TrustBundle::is_unread(std::size_t authority) const noexcept {
  return authority < ids_.size() && std::any_of(unread_.begin(), unread_.end(), [&](const UnreadSource& each) {
           return each.authority == ids_[authority];
         });
}

bool TrustBundle::is_unread(const CertificateInfo& authority) const noexcept { return is_unread(index_of(authority)); }

const AuthorityRules& TrustBundle::rules_of(const CertificateInfo& authority) const noexcept {
  static const AuthorityRules kNothing{.name = "unknown"};
  const auto place = index_of(authority);
  return place == kNoPlace ? kNothing : rules_[rules_of_[place]];
}

const std::string& TrustBundle::id_of(const CertificateInfo& authority) const noexcept {
  static const std::string kNone;
  const auto place = index_of(authority);
  return place == kNoPlace ? kNone : ids_[place];
}

const RevocationList* TrustBundle::list_of(const CertificateInfo& authority) const noexcept {
  const auto list = list_index(index_of(authority));
  return list ? &lists_[*list] : nullptr;
}

std::optional<TrustError> TrustBundle::problem_at_index(std::size_t authority, WallTime now,
                                                        std::chrono::seconds grace) const {
  const AuthorityRules& rules = rules_[rules_of_[authority]];
  std::optional<TrustError> error = check_dates(authorities_[authority], now);
  const auto list = list_index(authority);
  if (!error && list) error = check_dates(lists_[*list], now, grace);
  if (!error && !list && is_unread(authority)) {
    error = TrustError{TrustProblem::UnreadCrl, "the revocation list of " + authorities_[authority].subject +
                                                    " cannot be read, and no earlier one is known"};
  }
  if (!error && !list && rules.crl_required) {
    error = TrustError{TrustProblem::MissingCrl, "there is no revocation list of " + authorities_[authority].subject};
  }
  return error ? std::optional{about(rules, std::move(*error))} : std::nullopt;
}

std::optional<TrustError> TrustBundle::problem_of(const CertificateInfo& authority, WallTime now) const {
  const auto place = index_of(authority);
  if (place == kNoPlace) return TrustError{TrustProblem::UnknownCa, authority.subject + " is not trusted"};
  return problem_at_index(place, now, {});
}

std::optional<TrustError> TrustBundle::session_problem(std::string_view authority_id, WallTime now) const {
  const CertificateInfo* authority = authority_with(authority_id);
  if (authority == nullptr) return TrustError{TrustProblem::UnknownCa, "its authority is trusted no more"};
  const auto place = index_of(*authority);
  return problem_at_index(place, now, rules_[rules_of_[place]].crl_grace);
}

std::optional<TrustError> TrustBundle::problem_at(WallTime now) const {
  std::optional<TrustError> first;
  for (std::size_t i = 0; i < authorities_.size(); ++i) {
    auto problem = problem_at_index(i, now, {});
    if (!problem) return std::nullopt;
    if (!first) first = std::move(problem);
  }
  return first;
}

/// Of keys that the library is not asked about, whole certificates are remembered, for ourselves.
bool TrustBundle::is_signed_by(const CertificateInfo& certificate, const PublicKey& key) const {
  if (key.is_elliptic()) return certificate.is_signed_by(key, good_.get());
  const auto name = GoodSignatures::name_of({as_bytes("certificate"), certificate.der, key.der()});
  if (name && good_->contains(*name)) return true;
  const bool is_good = certificate.is_signed_by(key);
  if (is_good && name) good_->add(*name);
  return is_good;
}

const CertificateInfo* TrustBundle::issuer_of(const CertificateInfo& certificate) const {
  for (std::size_t i = 0; i < authorities_.size(); ++i) {
    const CertificateInfo& ca = authorities_[i];
    if (ca.subject_der == certificate.issuer_der && is_signed_by(certificate, ca.key)) return authority_with(ids_[i]);
  }
  return nullptr;
}

bool TrustBundle::has_name(Bytes issuer_der) const noexcept {
  return std::any_of(authorities_.begin(), authorities_.end(), [issuer_der](const CertificateInfo& ca) {
    return std::ranges::equal(ca.subject_der, issuer_der);
  });
}

std::optional<WallTime> TrustBundle::revocation_as_of(std::string_view authority_id) const {
  const CertificateInfo* authority = authority_with(authority_id);
  const RevocationList* list = authority == nullptr || is_unread(*authority) ? nullptr : list_of(*authority);
  return list == nullptr ? std::nullopt : std::optional{list->this_update()};
}

std::optional<WallTime> TrustBundle::revocation_as_of_name(std::string_view name) const {
  std::optional<WallTime> oldest;
  for (std::size_t i = 0; i < authorities_.size(); ++i) {
    if (rules_[rules_of_[i]].name != name) continue;
    const auto list = list_index(i);
    if (!list || is_unread(i)) return std::nullopt;
    const WallTime date = lists_[*list].this_update();
    oldest = std::min(oldest.value_or(date), date);
  }
  return oldest;
}

bool TrustBundle::is_revoked_by(std::string_view authority_id, std::string_view serial_hex) const noexcept {
  const CertificateInfo* authority = authority_with(authority_id);
  if (authority == nullptr) return true;
  const RevocationList* list = list_of(*authority);
  return list != nullptr && list->contains(serial_hex);
}

}  // namespace sallyport
