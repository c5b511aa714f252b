#include "server/authority/rotated_trust.hpp"

#include "common/base/hex.hpp"
#include "common/pki/pem.hpp"
#include "common/pki/revocation_list.hpp"
#include "common/pki/succession.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace sallyport {
namespace {

constexpr const char* kCertificate = "CERTIFICATE";
constexpr const char* kList = "X509 CRL";
constexpr const char* kRunAgain = "; run again: sallyportctl ca rotate";

/// The only block of a file that sallyportctl wrote.
Result<ByteBuffer, FileError> read_block(const std::string& path, const char* label) {
  if (auto trusted = require_trusted_path(path); !trusted) return fail(trusted.error());
  const auto text = read_file(path);
  if (!text) return fail(text.error());
  auto blocks = from_pem(label, *text);
  if (!blocks || blocks->size() != 1) return fail(FileError{path, std::string{"is damaged"} + kRunAgain});
  return std::move(blocks->front());
}

Result<CertificateInfo, FileError> read_certificate(const std::string& path) {
  const auto block = read_block(path, kCertificate);
  if (!block) return fail(block.error());
  auto certificate = CertificateInfo::parse(*block);
  if (!certificate) return fail(FileError{path, certificate.error().words});
  return std::move(*certificate);
}

/// The authority to come, which must be the one that the record names.
Result<CertificateInfo, FileError> read_next(const GatewayConfig& config, const Rotation& rotation) {
  const RotationFiles files{config};
  auto next = read_certificate(files.certificate);
  if (next && fingerprint_of(next->der) != rotation.next) {
    return fail(FileError{files.certificate, "is another authority than " + files.record + " names"});
  }
  return next;
}

std::string join(const char* label, const std::vector<ByteBuffer>& blocks) {
  std::string text;
  for (const auto& block : blocks) text += to_pem(label, block);
  return text;
}

/// Without the lists of these authorities: of one authority there is one list.
Result<std::string, FileError> without_lists_of(const std::string& crl_pem, const std::vector<PublicKey>& keys,
                                                const std::string& file) {
  const auto lists = parse_revocation_lists(crl_pem);
  if (!lists) return fail(FileError{file, lists.error().words});
  std::vector<ByteBuffer> kept;
  for (const auto& list : *lists) {
    const bool goes = std::any_of(keys.begin(), keys.end(), [&](const auto& key) { return list.is_signed_by(key); });
    if (!goes) kept.emplace_back(list.der().begin(), list.der().end());
  }
  return join(kList, kept);
}

/// What was retired: certificates by name, and every other one of their keys.
class Retired {
 public:
  Retired(const Rotation& rotation, const std::optional<PublicKey>& before)
      : names_{rotation.retired.begin(), rotation.retired.end()},
        keys_{rotation.retired_keys.begin(), rotation.retired_keys.end()} {
    if (rotation.phase != RotationPhase::Retiring) return;
    names_.insert(rotation.current);
    if (const auto id = before ? before->key_id() : Result<ByteBuffer, PkiError>{}; id && !id->empty()) {
      keys_.insert(to_hex(*id));
    }
  }
  [[nodiscard]] bool holds(const CertificateInfo& authority) const {
    const auto id = authority.key.key_id();
    return names_.contains(fingerprint_of(authority.der)) || (id && keys_.contains(to_hex(*id)));
  }

 private:
  std::set<std::string> names_;
  std::set<std::string> keys_;
};

std::string words_for(const CertificateInfo& authority) {
  return "holds " + authority.subject + " (serial " + authority.serial_hex +
         "), of a key that was retired by sallyportctl ca rotate and counts no more: remove it";
}

/// What cannot be read is told by whoever reads all of it.
std::optional<CertificateInfo> first_retired(const Retired& retired, const std::string& pem) {
  const auto certificates = parse_certificates(pem);
  if (!certificates) return std::nullopt;
  const auto found = std::find_if(certificates->begin(), certificates->end(),
                                  [&](const CertificateInfo& each) { return retired.holds(each); });
  return found == certificates->end() ? std::nullopt : std::optional{*found};
}

/// The key of the authority of before, wherever else its certificate has gone by now.
std::optional<PublicKey> key_of(const std::string& both, const std::string& fingerprint) {
  const auto text = read_file(both);
  const auto certificates = text ? parse_certificates(*text) : Result<std::vector<CertificateInfo>, PkiError>{};
  if (!certificates) return std::nullopt;
  for (const auto& each : *certificates) {
    if (fingerprint_of(each.der) == fingerprint && each.key.is_sound()) return each.key;
  }
  return std::nullopt;
}

/// The authorities of the configuration's file with the next one among them, and without those of a retired key.
Result<std::string, FileError> rotated_authorities(const GatewayConfig& config, const Rotation& rotation,
                                                   const CertificateInfo& next, const Retired& retired,
                                                   const std::string& ca_pem) {
  const auto blocks = from_pem(kCertificate, ca_pem);
  if (!blocks) return fail(FileError{config.ca, blocks.error().words});
  // Where it is already, or in the place of the one of before, which is first where it signs; else behind all others.
  std::vector<ByteBuffer> authorities;
  bool is_in = false;
  for (const auto& block : *blocks) {
    const auto certificate = CertificateInfo::parse(block);
    const bool goes = rotation.phase == RotationPhase::Retiring && certificate && retired.holds(*certificate);
    const bool is_next = goes || fingerprint_of(block) == rotation.next;
    if (is_next && std::exchange(is_in, true)) continue;
    authorities.push_back(is_next ? next.der : block);
  }
  if (!is_in) authorities.push_back(next.der);
  return join(kCertificate, authorities);
}

/// Of another name it is no less the key that was given up.
Result<void, FileError> refuse_retired(const GatewayConfig& config, const Retired& retired,
                                       const TrustSources& sources) {
  if (const auto own = first_retired(retired, sources.ca_pem)) return fail(FileError{config.ca, words_for(*own)});
  for (const auto& foreign : sources.foreign) {
    const auto found = first_retired(retired, foreign.certificates_pem);
    if (!found) continue;
    const auto* settings = config.authority(foreign.rules.name);
    return fail(
        FileError{settings == nullptr ? "authority " + foreign.rules.name : settings->certificates, words_for(*found)});
  }
  return {};
}

Result<void, FileError> bring_next_in(const GatewayConfig& config, const Rotation& rotation, const Retired& retired,
                                      const std::optional<PublicKey>& before, TrustSources& sources) {
  const auto next = read_next(config, rotation);
  if (!next) return fail(next.error());
  auto authorities = rotated_authorities(config, rotation, *next, retired, sources.ca_pem);
  if (!authorities) return fail(authorities.error());
  if (sources.crl_pem) {
    std::vector<PublicKey> keys;
    if (next->key.is_sound()) keys.push_back(next->key);
    if (before && rotation.phase == RotationPhase::Retiring) keys.push_back(*before);
    auto lists = without_lists_of(*sources.crl_pem, keys, config.crl);
    if (!lists) return fail(lists.error());
    const auto own = read_block(RotationFiles{config}.list, kList);
    if (!own) return fail(own.error());
    sources.crl_pem = *lists + to_pem(kList, *own);
  }
  sources.ca_pem = std::move(*authorities);
  return {};
}

}  // namespace

Result<void, FileError> apply_rotation(const GatewayConfig& config, const Rotation& rotation, TrustSources& sources) {
  const auto before = rotation.is_under_way() ? key_of(RotationFiles{config}.both, rotation.current) : std::nullopt;
  const Retired retired{rotation, before};
  if (rotation.is_under_way()) {
    if (auto done = bring_next_in(config, rotation, retired, before, sources); !done) return done;
  }
  return refuse_retired(config, retired, sources);
}

std::string gateway_certificate_file(const GatewayConfig& config, const Rotation& rotation) {
  const RotationFiles files{config};
  const bool has_moved = rotation.phase == RotationPhase::Retiring && ::access(files.gateway.c_str(), F_OK) == 0;
  return has_moved ? files.gateway : config.certificate;
}

Result<std::shared_ptr<const AuthorityNotice>, FileError> authority_notice(const GatewayConfig& config,
                                                                           const Rotation& rotation) {
  AuthorityNotice notice;
  notice.phase = rotation.phase;
  notice.renew_within = rotation.renew_within;
  notice.announcement.retired = rotation.retired;
  notice.announcement.retirement = rotation.retirement;
  if (rotation.is_under_way()) {
    notice.newest = rotation.next;
    auto next = read_next(config, rotation);
    if (!next) return fail(next.error());
    auto vouched = read_block(RotationFiles{config}.vouched, kCertificate);
    if (!vouched) return fail(vouched.error());
    notice.announcement.next.push_back({std::move(next->der), std::move(*vouched)});
  }
  return std::make_shared<const AuthorityNotice>(std::move(notice));
}

}  // namespace sallyport
