#include "server/gateway/trust_loader.hpp"

#include "common/pki/certs_only.hpp"
#include "common/tls/device_identity.hpp"
#include "server/revocation/revocation_poller.hpp"
#include "server/trust/revocation_cache.hpp"
#include "server/trust/trust_files.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sallyport {
namespace {

auto at(const std::string& file, std::string message, std::string hint = {}) {
  return fail(Diagnostics{Diagnostic{.file = file, .message = std::move(message), .hint = std::move(hint)}});
}

/// The control thread waits for it: shorter than a watchdog's patience.
constexpr std::chrono::seconds kFirstFetch{10};

/// What was never fetched is fetched now: without it nobody of that authority could be let in.
void add_first_lists(const GatewayConfig& config, std::vector<ForeignAuthority>& foreign) {
  for (auto& authority : foreign) {
    const auto* settings = config.authority(authority.rules.name);
    const bool has_list = std::any_of(authority.lists.begin(), authority.lists.end(),
                                      [](const OfferedList& list) { return list.error.empty(); });
    if (settings == nullptr || has_list) continue;
    auto sources = sources_of({*settings});
    std::erase_if(sources, [](const ListSource& source) { return !source.is_web(); });
    for (auto& source : sources) source.timeout = std::min(source.timeout, kFirstFetch);
    auto fetched = fetch_now(sources);
    std::move(fetched.begin(), fetched.end(), std::back_inserter(authority.lists));
  }
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

Result<LoadedTrust, Diagnostics> load_trust_by(const GatewayConfig& config, const Rotation& rotation, WallTime now) {
  auto sources = read_trust_sources(config);
  if (!sources) return fail(sources.error());
  if (auto applied = apply_rotation(config, rotation, *sources); !applied) return at(applied.error());
  auto notice = authority_notice(config, rotation);
  if (!notice) return at(notice.error());
  add_first_lists(config, sources->foreign);
  auto bundle = TrustBundle::load(*sources, now);
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

Result<LoadedTrust, Diagnostics> load_trust(const GatewayConfig& config, WallTime now) {
  for (int i = 1;; ++i) {
    const auto rotation = load_rotation(config);
    if (!rotation) return at(rotation.error());
    auto trust = load_trust_by(config, *rotation, now);
    const auto after = load_rotation(config);
    if (i == kTries || (after && *after == *rotation)) return trust;
  }
}

Result<void, Diagnostics> remember_trust(const GatewayConfig& config, const LoadedTrust& trust) {
  // First the lists: with a mark above the list that is kept, none would be good at the next start.
  if (auto cached = cache_lists(config.revocation_cache(), *trust.bundle); !cached) {
    return at(cached.error().path, cached.error().message);
  }
  if (auto stored = trust.bundle->high_water_mark().store(config.crl_number); !stored) {
    return at(config.crl_number, stored.error().words);
  }
  return {};
}

}  // namespace sallyport
