#include "server/gateway/trust_loader.hpp"

#include "common/pki/certs_only.hpp"
#include "common/tls/device_identity.hpp"
#include "server/revocation/revocation_poller.hpp"
#include "server/trust/revocation_cache.hpp"
#include "server/trust/trust_files.hpp"
#include "server/trust/unread_record.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

auto at(const std::string& file, std::string message, std::string hint = {}) {
  return fail(Diagnostics{Diagnostic{.file = file, .message = std::move(message), .hint = std::move(hint)}});
}

/// The control thread waits for all of them together: shorter than a watchdog's patience.
constexpr std::chrono::seconds kFirstFetch{10};

TimePoint steady_now() { return std::chrono::steady_clock::now(); }

/// The URLs of these authorities, all at once.
void fetch_lists(const GatewayConfig& config, const std::vector<ForeignAuthority*>& wanting, TimePoint deadline) {
  std::vector<ListSource> sources;
  std::vector<ForeignAuthority*> owners;
  for (auto* authority : wanting) {
    const auto* settings = config.authority(authority->rules.name);
    if (settings == nullptr) continue;
    for (auto& source : sources_of({*settings})) {
      if (!source.is_web()) continue;
      sources.push_back(std::move(source));
      owners.push_back(authority);
    }
  }
  if (sources.empty()) return;
  auto lists = fetch_now(sources, std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_now()));
  for (std::size_t i = 0; i < lists.size(); ++i) owners[i]->lists.push_back(std::move(lists[i]));
}

bool was_asked(const ForeignAuthority& authority) {
  return std::any_of(authority.lists.begin(), authority.lists.end(),
                     [](const OfferedList& list) { return is_url(list.origin); });
}

std::vector<ForeignAuthority*> without_any_list(TrustSources& sources) {
  std::vector<ForeignAuthority*> wanting;
  for (auto& authority : sources.foreign) {
    const bool has_list = std::any_of(authority.lists.begin(), authority.lists.end(),
                                      [](const OfferedList& list) { return list.error.empty(); });
    if (!has_list) wanting.push_back(&authority);
  }
  return wanting;
}

/// Those that have lists, but not a good one for each of their certificates, and were not asked.
std::vector<ForeignAuthority*> without_coverage(TrustSources& sources, WallTime now) {
  std::vector<ForeignAuthority*> wanting;
  TrustSources alone = sources;
  alone.foreign.clear();
  if (!TrustBundle::load(alone, now)) return wanting;
  for (auto& authority : sources.foreign) {
    if (was_asked(authority)) continue;
    alone.foreign = {authority};
    const auto bundle = TrustBundle::load(alone, now);
    if (!bundle && bundle.error().problem == TrustProblem::MissingCrl) wanting.push_back(&authority);
  }
  return wanting;
}

/// What was never fetched is fetched first: without it nobody of that authority could be let in. So is what a successor
/// among its certificates lacks.
Result<std::shared_ptr<const TrustBundle>, TrustError> load_bundle(const GatewayConfig& config, TrustSources& sources,
                                                                   WallTime now, TimePoint deadline) {
  fetch_lists(config, without_any_list(sources), deadline);
  auto bundle = TrustBundle::load(sources, now);
  if (bundle || bundle.error().problem != TrustProblem::MissingCrl) return bundle;
  const auto wanting = without_coverage(sources, now);
  if (wanting.empty()) return bundle;
  fetch_lists(config, wanting, deadline);
  return TrustBundle::load(sources, now);
}

std::vector<ForeignAuthority> without_lists(std::vector<ForeignAuthority> foreign) {
  for (auto& authority : foreign) authority.lists.clear();
  return foreign;
}

/// Whether those who trust our CA file trust what this authority certifies.
bool vouches_for(const TrustBundle& bundle, const CertificateInfo& authority) {
  return std::any_of(bundle.authorities().begin(), bundle.authorities().end(),
                     [&](const CertificateInfo& ca) { return ca.der == authority.der; });
}

auto at(FileError error) { return at(error.path, std::move(error.message)); }

Result<CertificateAuthority, Diagnostics> load_authority(const GatewayConfig& config, const AuthorityFiles& files) {
  auto authority = CertificateAuthority::load(files.certificate, files.key);
  if (!authority) {
    return at(files.key, "[enrolment] needs the authority's key: " + authority.error().words,
              "give the gateway's user a copy: install -o sallyport -m 600 " + config.ca_directory() + "/ca.key " +
                  config.state + "/ca.key, and name it: ca_key; or remove the section");
  }
  if (authority->trust_domain() == config.trust_domain) return std::move(*authority);
  return at(files.certificate,
            "the authority certifies devices of " + authority->trust_domain() + ", not of " + config.trust_domain,
            "correct trust_domain, or [enrolment] ca_certificate");
}

/// What `cacerts` answers: the authority, and during a rotation the next one with what the first signed for it.
ByteBuffer authorities_message(const CertificateAuthority& authority, const AuthorityNotice& notice) {
  std::vector<ByteBuffer> certificates{authority.certificate().der};
  for (const auto& next : notice.announcement.next) {
    if (next.certificate == authority.certificate().der) continue;
    certificates.push_back(next.certificate);
    certificates.push_back(next.vouched);
  }
  return encode_certs_only(certificates);
}

/// Null: the configuration gives out no certificates.
Result<std::shared_ptr<const EnrolmentTrust>, Diagnostics> load_enrolment(
    const GatewayConfig& config, const Rotation& rotation, const AuthorityNotice& notice, const TrustBundle& bundle,
    std::shared_ptr<const Credentials> credentials) {
  if (!config.enrolment) return std::shared_ptr<const EnrolmentTrust>{};
  const RotationFiles files{config};
  const AuthorityFiles next_files{files.certificate, files.issuing_key};
  const AuthorityFiles own_files{config.enrolment->ca_certificate, config.enrolment->ca_key};
  const bool has_moved = rotation.phase == RotationPhase::Retiring;
  auto authority = load_authority(config, has_moved ? next_files : own_files);
  if (!authority) return fail(authority.error());
  if (!vouches_for(bundle, authority->certificate())) {
    return at(own_files.certificate,
              "is not among the authorities in " + config.ca + ": this gateway would refuse what it certifies",
              "add it to that file");
  }
  auto context = OpenServerContext::make(std::move(credentials));
  if (!context) return at(config.certificate, context.error().words);
  EstDoor door{std::make_shared<const OpenServerContext>(std::move(*context)), authorities_message(*authority, notice)};
  EnrolmentTrust trust{std::move(*authority), std::move(door)};
  if (rotation.phase == RotationPhase::Issuing) {
    auto next = load_authority(config, next_files);
    if (!next) return fail(next.error());
    trust.next = std::move(*next);
  }
  return std::make_shared<const EnrolmentTrust>(std::move(trust));
}

Result<LoadedTrust, Diagnostics> load_trust_by(const GatewayConfig& config, const Rotation& rotation, WallTime now,
                                               TimePoint deadline, const TrustBundle* running) {
  auto sources = read_trust_sources(config);
  if (!sources) return fail(sources.error());
  // A running gateway knows better than the file, which may be damaged: it is written anew.
  auto unread = running == nullptr ? load_unread(config.revocation_cache())
                                   : Result<std::vector<UnreadSource>, FileError>{running->unread()};
  if (!unread) return at(unread.error());
  sources->unread = std::move(*unread);
  if (auto applied = apply_rotation(config, rotation, *sources); !applied) return at(applied.error());
  auto notice = authority_notice(config, rotation);
  if (!notice) return at(notice.error());
  auto bundle = load_bundle(config, *sources, now, deadline);
  if (!bundle) return fail(trust_diagnostics(config, bundle.error()));
  const auto certificate = gateway_certificate_file(config, rotation);
  auto credentials = Credentials::load(certificate, config.key);
  if (!credentials) return at(certificate, credentials.error().words, "run: sallyportctl gateway-cert issue");
  // What every client would refuse is told to the administrator instead. A list that is too old refuses everybody and
  // is another matter: the gateway starts, says so and lets nobody in until a fresh one is loaded.
  const bool is_stale = (*bundle)->problem_at(now).has_value();
  if (auto own = verify_gateway(credentials->leaf(), **bundle, config.name, now); !own && !is_stale) {
    return at(certificate, "clients would refuse this gateway: " + std::string{describe(own.error())},
              "run: sallyportctl gateway-cert issue");
  }
  const CertificateInfo* issuer = (*bundle)->issuer_of(credentials->leaf());
  auto gateway_issuer = issuer == nullptr ? std::string{} : (*bundle)->id_of(*issuer);
  const auto shared = std::make_shared<const Credentials>(std::move(*credentials));
  const auto grace = config.enrolment ? config.enrolment->renew_grace : std::chrono::seconds{0};
  auto context = ServerContext::make(*bundle, shared, config.trust_domain, grace);
  if (!context) return at(config.certificate, context.error().words);
  auto enrolment = load_enrolment(config, rotation, **notice, **bundle, shared);
  if (!enrolment) return fail(enrolment.error());
  return LoadedTrust{.bundle = std::move(*bundle),
                     .context = std::make_shared<const ServerContext>(std::move(*context)),
                     .ca_pem = std::move(sources->ca_pem),
                     .enrolment = std::move(*enrolment),
                     .authorities = std::move(*notice),
                     .foreign = without_lists(std::move(sources->foreign)),
                     .gateway_issuer = std::move(gateway_issuer)};
}

/// A rotation may take its next step while its files are read.
constexpr int kTries = 3;

}  // namespace

Result<LoadedTrust, Diagnostics> load_trust(const GatewayConfig& config, WallTime now, const TrustBundle* running) {
  const auto deadline = steady_now() + kFirstFetch;
  for (int i = 1;; ++i) {
    const auto rotation = load_rotation(config);
    if (!rotation) return at(rotation.error());
    auto trust = load_trust_by(config, *rotation, now, deadline, running);
    const auto after = load_rotation(config);
    if (i == kTries || (after && *after == *rotation)) return trust;
  }
}

Result<void, Diagnostics> remember_lists(const GatewayConfig& config, const LoadedTrust& trust) {
  // First the lists: with a mark above the list that is kept, none would be good at the next start.
  if (auto cached = cache_lists(config.revocation_cache(), *trust.bundle); !cached) {
    return at(cached.error().path, cached.error().message);
  }
  if (auto stored = trust.bundle->high_water_mark().store(config.crl_number); !stored) {
    return at(config.crl_number, stored.error().words);
  }
  return {};
}

Result<void, Diagnostics> remember_trust(const GatewayConfig& config, const LoadedTrust& trust) {
  if (auto kept = remember_lists(config, trust); !kept) return kept;
  if (auto stored = store_unread(config.revocation_cache(), *trust.bundle); !stored) return at(stored.error());
  return {};
}

}  // namespace sallyport
