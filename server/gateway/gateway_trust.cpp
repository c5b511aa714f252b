#include "server/gateway/gateway.hpp"

#include "server/trust/forecast.hpp"
#include "server/trust/lockout.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace sallyport {
namespace {

constexpr std::size_t kNamed = 10;

EndReason end_reason_of(TrustProblem problem) {
  switch (problem) {
    case TrustProblem::CaExpired:
    case TrustProblem::CaNotYetValid:
      return EndReason::CertificateExpired;
    case TrustProblem::UnknownCa:
      return EndReason::TrustChanged;
    default:
      return EndReason::RevocationStale;
  }
}

/// One fault spoils nothing but itself: all are named, within reason.
std::string words_for(const std::vector<ListFault>& faults) {
  constexpr std::size_t kMost = 3;
  std::string words;
  for (std::size_t i = 0; i < std::min(faults.size(), kMost); ++i)
    words += (i == 0 ? "" : "; ") + faults[i].error.words;
  if (faults.size() > kMost) words += "; and " + std::to_string(faults.size() - kMost) + " more";
  return words;
}

/// Active devices whose newest certificate is on a list now and was not before.
std::vector<DeviceId> newly_revoked(const TrustBundle& before, const TrustBundle& after,
                                    const std::vector<DeviceRecord>& devices) {
  std::vector<DeviceId> revoked;
  for (const auto& device : devices) {
    if (device.state != DeviceState::Active || device.issuer.empty()) continue;
    const bool is_new =
        after.is_revoked_by(device.issuer, device.serial) && !before.is_revoked_by(device.issuer, device.serial);
    if (is_new) revoked.push_back(device.id);
  }
  return revoked;
}

}  // namespace

void Gateway::watch_revocations(unsigned allow_stranding) {
  auto sources = sources_of(snapshot_.config.authorities);
  const auto round = revocations_.begin(sources, allow_stranding);
  poller_->watch(round, std::move(sources));
}

void Gateway::tell_list_faults() {
  for (const auto& fault : snapshot_.trust.bundle->faults()) {
    log_.event(Level::Warning, "revocation.failed", "a revocation list is not used: " + fault.error.words,
               {{"source", fault.origin}});
  }
}

void Gateway::take(SourceReport& report) {
  auto* source = revocations_.find(report);
  if (source == nullptr || is_stopping_) return;
  bool is_news = RevocationDesk::note(*source, report);
  if (report.outcome == SourceOutcome::Content) {
    const auto allowed = source->has_content ? 0U : source->allow_stranding;
    auto offer = snapshot_.trust.bundle->offer(source->source.authority, report.lists, clock_.latest());
    std::string error = words_for(offer.faults);
    if (offer.newer) {
      if (auto refused = use_newer_lists(std::move(offer.newer), allowed); !refused) error = refused.error();
    }
    // A server that is told what we have would only say that it is still the same.
    if (!error.empty()) poller_->was_refused(report.round, report.source);
    is_news |= RevocationDesk::settle(*source, report, std::move(error));
  }
  if (!is_news) return;
  const bool is_good = source->error.empty();
  log_.event(is_good ? Level::Notice : Level::Error, is_good ? "revocation.recovered" : "revocation.failed",
             is_good ? "a source of revocation lists is good" : "the last good list stays: " + source->error,
             {{"authority", source->source.authority}, {"source", source->source.place}});
}

/// The error is why they are not used.
Result<void, std::string> Gateway::use_newer_lists(std::shared_ptr<const TrustBundle> bundle, unsigned allowed) {
  LoadedTrust next = snapshot_.trust;
  next.bundle = std::move(bundle);
  const auto limit = std::max(snapshot_.config.strand_limit, allowed);
  if (const auto strands = refuse_stranding(next, limit); !strands) return fail(strands.error().front().message);
  auto context = snapshot_.trust.context->with_trust(next.bundle);
  if (!context) return fail(context.error().words);
  next.context = std::make_shared<const ServerContext>(std::move(*context));
  if (const auto kept = remember_lists(snapshot_.config, next); !kept) return fail(to_string(kept.error().front()));
  if (const auto devices = store_.devices()) {
    const auto revoked = newly_revoked(*snapshot_.trust.bundle, *next.bundle, *devices);
    if (!revoked.empty()) {
      log_.event(Level::Warning, "revocation.devices", "a new list revokes known devices",
                 {{"count", revoked.size()}, {"devices", names_of(revoked, kNamed)}});
    }
  }
  const auto kept = unread_.keep(snapshot_.config.revocation_cache(), *next.bundle);
  use_trust(std::move(next), clock_.now().steady, [](std::size_t) {});
  return kept ? Result<void, std::string>{} : fail(to_string(kept.error()));
}

/// What could not be written when it came is written once that can be.
void Gateway::keep_unread() {
  if (!unread_.is_behind()) return;
  const auto kept = unread_.keep(snapshot_.config.revocation_cache(), *snapshot_.trust.bundle);
  if (kept) {
    log_.event(Level::Notice, "revocation.recovered", "what cannot be read of revocation lists is on record");
  } else if (unread_complaint_.is_due(clock_.now().wall)) {
    log_.event(Level::Error, "revocation.failed",
               "a restart would forget what cannot be read of revocation lists: " + to_string(kept.error()),
               {{"count", unread_complaint_.take_count()}});
  }
}

/// Each session dates by the list of its own authority.
void Gateway::note_revocation_dates() {
  const auto& bundle = *snapshot_.trust.bundle;
  command::NoteRevocation note;
  for (const auto& authority : bundle.authorities()) {
    const auto& id = bundle.id_of(authority);
    note.as_of.insert_or_assign(id, bundle.revocation_as_of(id));
  }
  // Sessions are judged by the wall clock: in its terms.
  registry_.for_each_evidence([&note, behind = clock_behind()](const SessionGrant& grant, Evidence& evidence) {
    const auto date = note.as_of.find(grant.issuer);
    if (date != note.as_of.end()) evidence.revocation_as_of = earlier_by(behind, date->second);
  });
  orders_.tell(note);
}

void Gateway::end_outdated_sessions() {
  const auto& bundle = *snapshot_.trust.bundle;
  const WallTime now = clock_.latest();
  std::unordered_map<std::string, std::optional<TrustError>> problems;
  registry_.for_each([&](const SessionRegistry::Entry& entry) {
    const auto [place, is_first] = problems.try_emplace(entry.grant.issuer);
    if (is_first) place->second = bundle.session_problem(entry.grant.issuer, now);
  });
  for (const auto& [issuer, problem] : problems) {
    if (!problem) continue;
    log_.event(Level::Error, "trust.stale", problem->words);
    orders_.end_sessions(registry_.where([&id = issuer](const auto& entry) { return entry.grant.issuer == id; }),
                         end_reason_of(problem->problem), [](std::size_t) {});
  }
}

Result<void, Diagnostics> Gateway::refuse_stranding(const LoadedTrust& next, unsigned limit) {
  const TrustView before{snapshot_.trust.bundle.get(), snapshot_.trust.gateway_issuer};
  const TrustView after{next.bundle.get(), next.gateway_issuer};
  if (!may_strand(before, after, clock_.latest())) return {};
  const auto devices = store_.devices();
  // Nobody is let in without the store; and no list may wait for it.
  if (!devices) return {};
  const auto stranded = stranded_by(before, after, *devices, clock_.latest());
  if (stranded.size() <= limit) return {};
  return fail(Diagnostics{stranding_refused(stranded, limit, config_path_, "sallyportctl reload --allow-stranding")});
}

/// They are refused one by one; whoever is left may come in. Nobody who was shut out knowingly, or enabled since, keeps
/// the others waiting.
void Gateway::tell_stranded() {
  const auto devices = store_.devices();
  if (!devices) return;
  const TrustView trust{snapshot_.trust.bundle.get(), snapshot_.trust.gateway_issuer};
  const auto stranded = stranded_by(std::nullopt, trust, *devices, clock_.latest());
  if (stranded.empty()) return;
  log_.event(Level::Warning, "trust.stranded", "known devices are locked out by what is trusted now",
             {{"count", stranded.size()}, {"devices", names_of(stranded)}});
}

std::optional<Diagnostic> stranding_at_start(Store& store, const LoadedTrust& trust, unsigned limit,
                                             const std::string& config_path, WallTime now) {
  const auto devices = store.devices();
  if (!devices) return std::nullopt;
  const auto stranded = stranded_by(std::nullopt, TrustView{trust.bundle.get(), trust.gateway_issuer}, *devices, now);
  if (stranded.size() <= limit) return std::nullopt;
  return stranding_refused(stranded, limit, config_path, "sallyport-gateway --check --allow-stranding");
}

void Gateway::look_ahead(bool warn) {
  const auto devices = store_.devices();
  if (!devices) return;
  const auto& trust = snapshot_.trust;
  const Now now = clock_.now();
  const ForecastInput input{.bundle = trust.bundle.get(),
                            .gateway = &trust.context->credentials().leaf(),
                            .gateway_name = snapshot_.config.name,
                            .devices = *devices,
                            .renews = trust.enrolment != nullptr};
  outlook_.set(forecast(input, now.wall, kForecastHorizon), now, warn);
  if (!warn) return;
  for (const auto& warning : outlook_.warnings()) {
    log_.event(Level::Warning, "trust.forecast", warning.words, {{"at", format_utc(warning.at)}});
  }
}

const Outlook& Gateway::fresh_outlook(Duration most) {
  if (outlook_.is_stale(clock_.now().steady, most)) look_ahead(false);
  return outlook_;
}

/// Where the authority's word is enough, a device that nobody knows becomes a known one.
std::optional<AdmissionRefusal> Gateway::record_at_first_sight(const PeerIdentity& peer) {
  const auto* settings = peer.authority.empty() ? nullptr : snapshot_.config.authority(peer.authority);
  const auto is_new = is_first_sight(peer, settings, store_);
  if (!is_new && is_new.error() == AdmissionRefusal::TooManyUnknown) tell_too_many(*settings);
  if (!is_new) return is_new.error();
  if (!*is_new) return std::nullopt;
  AuditRecord audit;
  audit.event = "device.recorded";
  audit.user = peer.user.text();
  audit.device = peer.device.text();
  audit.serial = peer.serial_hex;
  audit.by = "authority " + peer.authority;
  if (!journal_.record(std::move(audit))) return AdmissionRefusal::AuditUnavailable;
  const auto added = store_.add_foreign({peer.device, peer.user, peer.authority, true}, Replace::No, clock_.latest());
  if (!added) return AdmissionRefusal::StoreUnavailable;
  log_.event(Level::Notice, "device.recorded", "an authority's device was seen for the first time",
             {{"device", peer.device.text()}, {"user", peer.user.text()}, {"authority", peer.authority}});
  return std::nullopt;
}

void Gateway::tell_too_many(const AuthoritySettings& authority) {
  if (!unknown_complaint_.is_due(clock_.latest())) return;
  log_.event(Level::Warning, "authority.full",
             "as many devices as enrol_unknown_limit allows were recorded on this authority's word; revoke those that "
             "are gone, add those you know, or raise the limit: sallyportctl devices list",
             {{"authority", authority.rules.name},
              {"limit", authority.enrol_unknown_limit},
              {"count", unknown_complaint_.take_count()}});
}

/// For the forecast; nobody is refused because it cannot be written.
void Gateway::note_certificate(const PeerIdentity& peer) {
  const auto noted =
      store_.note_certificate({peer.device, peer.authority, peer.serial_hex, peer.issuer, peer.certificate.not_after});
  if (!noted) store_alarm_.tell(noted.error(), clock_.latest());
}

}  // namespace sallyport
