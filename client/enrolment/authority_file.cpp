#include "client/enrolment/authority_file.hpp"

#include "client/enrolment/device_lock.hpp"
#include "common/base/file.hpp"
#include "common/pki/pem.hpp"
#include "common/pki/succession.hpp"
#include "common/pki/trust_bundle.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

namespace sallyport {
namespace {

/// Of SHA-256 in hex.
constexpr std::size_t kNameSize = 64;
constexpr std::size_t kMaxAuthorityFile = std::size_t{256} << 10U;
constexpr const char* kTooMany = "too_many";
constexpr const char* kCannotWrite = "cannot_write";
constexpr const char* kUnsigned = "retirement_unsigned";
constexpr const char* kRetired = "retired";

bool contains(const std::vector<std::string>& list, const std::string& fingerprint) {
  return std::find(list.begin(), list.end(), fingerprint) != list.end();
}

bool holds(const std::vector<CertificateInfo>& trusted, const std::string& fingerprint) {
  return std::any_of(trusted.begin(), trusted.end(),
                     [&](const CertificateInfo& ca) { return fingerprint_of(ca.der) == fingerprint; });
}

/// What a file holds that nobody could use is nothing that is trusted.
std::vector<CertificateInfo> trusted_in(const std::string& ca_pem, WallTime now) {
  const auto bundle =
      TrustBundle::load({.ca_pem = ca_pem, .crl_pem = {}, .crl_required = false, .high_water_mark = {}}, now);
  return bundle ? (*bundle)->authorities() : std::vector<CertificateInfo>{};
}

/// Nullopt: there is a file, and it cannot be read. One line for each key.
std::optional<RetiredKeys> load_retired(const std::string& path) {
  if (!file_exists(path)) return RetiredKeys{};
  const auto text = read_file(path, kMostRetiredKeys * (kNameSize + 1));
  if (!text) return std::nullopt;
  RetiredKeys keys;
  std::istringstream lines{*text};
  for (std::string line; std::getline(lines, line);) {
    if (line.size() != kNameSize) return std::nullopt;
    keys.push_back(std::move(line));
  }
  return keys;
}

bool store_retired(const std::string& path, const RetiredKeys& keys) {
  std::string text;
  for (const auto& key : keys) text += key + '\n';
  return write_file_atomically(path, text).has_value();
}

void note_retired(const PublicKey& key, RetiredKeys& retired) {
  auto name = fingerprint_of(key.der());
  if (contains(retired, name)) return;
  if (retired.size() == kMostRetiredKeys) retired.erase(retired.begin());
  retired.push_back(std::move(name));
}

void let_in(const AuthorityAnnouncement& announcement, WallTime now, std::vector<CertificateInfo>& trusted,
            AuthorityChange& change) {
  for (const auto& next : announcement.next) {
    if (holds(trusted, fingerprint_of(next.certificate))) continue;
    auto successor = verify_successor(next.certificate, next.vouched, trusted, now);
    if (!successor) {
      change.report.problem = name_of(successor.error());
    } else if (trusted.size() >= kMostTrusted) {
      change.report.problem = kTooMany;
    } else if (contains(change.retired, fingerprint_of(successor->key.der()))) {
      change.report.problem = kRetired;
    } else {
      change.added.push_back(successor->subject);
      trusted.push_back(std::move(*successor));
    }
  }
}

/// The key that certified the gateway itself; null when it is none of these.
const PublicKey* voucher_of(const CertificateInfo& gateway, const std::vector<CertificateInfo>& trusted) {
  const auto voucher = std::find_if(trusted.begin(), trusted.end(), [&](const CertificateInfo& ca) {
    return ca.subject_der == gateway.issuer_der && gateway.is_signed_by(ca.key);
  });
  return voucher == trusted.end() ? nullptr : &voucher->key;
}

bool is_signed(const AuthorityAnnouncement& announcement, const CertificateInfo& authority, WallTime now) {
  return authority.is_valid_at(now) && verify_retirement(authority.key, announcement.retired, announcement.retirement);
}

/// A retired authority goes with every other certificate of its key: it is the key that counts no more.
void let_go(const AuthorityAnnouncement& announcement, const CertificateInfo& gateway, WallTime now,
            std::vector<CertificateInfo>& trusted, AuthorityChange& change) {
  std::vector<PublicKey> retired;
  for (const auto& ca : trusted) {
    if (contains(announcement.retired, fingerprint_of(ca.der))) retired.push_back(ca.key);
  }
  const auto* voucher = voucher_of(gateway, trusted);
  const auto has_gone = [&retired](const PublicKey& key) {
    return std::find(retired.begin(), retired.end(), key) != retired.end();
  };
  if (retired.empty() || voucher == nullptr || has_gone(*voucher)) return;
  if (std::none_of(trusted.begin(), trusted.end(),
                   [&](const CertificateInfo& ca) { return !has_gone(ca.key) && is_signed(announcement, ca, now); })) {
    // One word is all there is room for: what kept an authority out was met first.
    if (change.report.problem.empty()) change.report.problem = kUnsigned;
    return;
  }
  std::erase_if(trusted, [&](const CertificateInfo& ca) {
    if (!has_gone(ca.key)) return false;
    change.removed.push_back(ca.subject);
    note_retired(ca.key, change.retired);
    return true;
  });
}

std::vector<std::string> names_of(const std::vector<CertificateInfo>& trusted) {
  std::vector<std::string> names;
  for (const auto& ca : trusted) {
    if (names.size() < kMaxHeldAuthorities) names.push_back(fingerprint_of(ca.der));
  }
  return names;
}

AuthorityChange unchanged(const std::string& ca_pem, WallTime now, std::string problem) {
  AuthorityChange change;
  change.report = {names_of(trusted_in(ca_pem, now)), std::move(problem)};
  return change;
}

}  // namespace

AuthorityChange change_authorities(const std::string& ca_pem, const CertificateInfo& gateway,
                                   const AuthorityAnnouncement& announcement, WallTime now, RetiredKeys retired) {
  auto trusted = trusted_in(ca_pem, now);
  AuthorityChange change;
  change.retired = std::move(retired);
  let_in(announcement, now, trusted, change);
  let_go(announcement, gateway, now, trusted, change);
  change.report.has = names_of(trusted);
  if (change.added.empty() && change.removed.empty()) return change;
  std::string pem;
  for (const auto& ca : trusted) pem += to_pem("CERTIFICATE", ca.der);
  change.pem = std::move(pem);
  return change;
}

std::optional<AuthorityChange> take_authorities(const DeviceFiles& files, const CertificateInfo& gateway,
                                                const AuthorityAnnouncement& announcement, WallTime now) {
  const auto lock = DeviceLock::try_take(files);
  if (lock && !*lock) return std::nullopt;
  const auto ca_pem = read_file(files.ca, kMaxAuthorityFile);
  if (!ca_pem) return AuthorityChange{{}, {{}, kCannotWrite}, {}, {}, {}};
  auto retired = load_retired(files.retired());
  if (!lock || !retired) return unchanged(*ca_pem, now, kCannotWrite);
  auto change = change_authorities(*ca_pem, gateway, announcement, now, std::move(*retired));
  if (!change.pem) return change;
  // First: whoever dies in between remembers too much rather than too little.
  if (!change.removed.empty() && !store_retired(files.retired(), change.retired))
    return unchanged(*ca_pem, now, kCannotWrite);
  if (!write_file_atomically(files.ca, *change.pem)) return unchanged(*ca_pem, now, kCannotWrite);
  return change;
}

}  // namespace sallyport
