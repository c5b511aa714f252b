#include "server/ctl/revocation.hpp"

#include "common/base/hex.hpp"
#include "common/pki/high_water_mark.hpp"
#include "common/pki/pem.hpp"
#include "common/pki/revocation_list.hpp"
#include "server/authority/rotation.hpp"
#include "server/ctl/state_files.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace sallyport {
namespace {

constexpr mode_t kListMode = 0644;

std::uint64_t number_in_list(const ListIssuer& issuer) {
  const auto text = read_file(issuer.path, kMaxRevocationList);
  const auto lists = text ? parse_revocation_lists(*text) : Result<std::vector<RevocationList>, PkiError>{};
  std::uint64_t number = 0;
  if (!lists) return number;
  for (const auto& list : *lists) {
    if (list.is_signed_by(issuer.authority->certificate().key)) number = std::max(number, list.number());
  }
  return number;
}

/// The highest number that is known outside the store, which may have come from a backup: a gateway that has seen a
/// higher one would refuse the new list.
std::uint64_t known_number(const GatewayConfig& config, const ListIssuer& issuer) {
  const std::uint64_t number = number_in_list(issuer);
  const auto mark = HighWaterMark::load(config.crl_number);
  const auto id = issuer.authority->certificate().key.key_id();
  const auto entry = mark && id ? mark->find(to_hex(*id)) : std::nullopt;
  return entry ? std::max(number, entry->number) : number;
}

/// The lists of other authorities in the same file, as far as they are trusted: they are not ours to throw away.
std::string lists_of_others(const GatewayConfig& config, const ListIssuer& issuer) {
  const auto text = read_file(issuer.path, kMaxRevocationList);
  const auto lists = text ? parse_revocation_lists(*text) : Result<std::vector<RevocationList>, PkiError>{};
  const auto ca = read_file(config.ca);
  const auto trusted = ca ? parse_certificates(*ca) : Result<std::vector<CertificateInfo>, PkiError>{};
  std::string others;
  if (!lists || !trusted) return others;
  for (const auto& list : *lists) {
    const bool is_trusted = std::any_of(trusted->begin(), trusted->end(), [&](const CertificateInfo& each) {
      return each.subject_der == list.issuer_der() && each.key.is_sound() && list.is_signed_by(each.key);
    });
    if (is_trusted && !list.is_signed_by(issuer.authority->certificate().key)) others += to_pem("X509 CRL", list.der());
  }
  return others;
}

std::vector<RevokedSerial> entries_of(const Store::CrlContent& content) {
  std::vector<RevokedSerial> entries;
  for (const auto& each : content.revoked) entries.push_back({each.serial, each.revoked_at});
  return entries;
}

std::string too_much(const Store::CrlContent& content, const PkiError& error) {
  return "no gateway would load it with " + std::to_string(content.revoked.size()) + " certificates in it (" +
         error.words + "); the list of before stays in use. Look in the audit file for a device that renews without " +
         "end (device.renewed) and disable it; entries leave the list once their certificates have ended";
}

/// An expired certificate may still be shown for `renew_grace`.
std::chrono::seconds time_to_keep(const GatewayConfig& config) {
  const auto grace = config.enrolment ? config.enrolment->renew_grace : std::chrono::seconds{0};
  return kRevokedAfterExpiry + grace;
}

}  // namespace

Result<PublishedList, std::string> publish_lists(const GatewayConfig& config, Store& store,
                                                 std::span<const ListIssuer> issuers, std::chrono::days lifetime,
                                                 WallTime now) {
  PublishedList list{0, 0, now + lifetime};
  std::uint64_t at_least = 0;
  for (const auto& issuer : issuers) {
    list.next_update = std::min(list.next_update, issuer.authority->certificate().not_after);
    at_least = std::max(at_least, known_number(config, issuer));
  }
  const auto write = [&](const Store::CrlContent& content) -> std::optional<std::string> {
    for (const auto& issuer : issuers) {
      const auto pem = issuer.authority->issue_crl(entries_of(content), content.number, now, list.next_update);
      if (!pem) return pem.error().words;
      // Rather no new list than one with which no gateway starts.
      if (const auto lists = parse_revocation_lists(*pem); !lists) return too_much(content, lists.error());
      if (auto written = write_for_gateway(config, issuer.path, *pem + lists_of_others(config, issuer), kListMode);
          !written)
        return to_string(written.error());
    }
    list.entries = content.revoked.size();
    return std::nullopt;
  };
  const auto number = store.publish_crl(at_least, now, write, time_to_keep(config));
  if (!number) return fail(std::string{"no new revocation list: "} + number.error().words);
  list.number = *number;
  return list;
}

Result<PublishedList, std::string> publish_revocations(const GatewayConfig& config, Store& store,
                                                       const CertificateAuthority& authority,
                                                       std::chrono::days lifetime, WallTime now) {
  const auto rotation = load_rotation(config);
  if (!rotation) return fail("no new revocation list: " + to_string(rotation.error()));
  const RotationFiles files{config};
  const bool counts_alone = rotation->phase == RotationPhase::Retiring;
  std::vector<ListIssuer> issuers{{&authority, counts_alone ? files.list : config.crl}};
  std::optional<CertificateAuthority> next;
  if (rotation->is_under_way() && !counts_alone) {
    auto loaded = CertificateAuthority::load(files.certificate, files.key);
    if (!loaded) return fail("no new revocation list of the next authority: " + loaded.error().words);
    next = std::move(*loaded);
    issuers.push_back({&*next, files.list});
  }
  return publish_lists(config, store, issuers, lifetime, now);
}

}  // namespace sallyport
