#include "server/gateway/trust_desk.hpp"

#include "server/trust/lockout.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace sallyport {
namespace {

bool nobody(const SessionRegistry::Entry& /*entry*/) { return false; }

/// A foreign authority's certificates, or what they may say, are not what they were.
bool is_judged_anew(const std::string& authority, const LoadedTrust& before, const LoadedTrust& after) {
  const auto find = [&authority](const LoadedTrust& trust) {
    const auto found = std::find_if(trust.foreign.begin(), trust.foreign.end(),
                                    [&](const ForeignAuthority& each) { return each.rules.name == authority; });
    return found == trust.foreign.end() ? nullptr : &*found;
  };
  if (authority.empty()) return false;
  const auto* old = find(before);
  const auto* now = find(after);
  return old == nullptr || now == nullptr || old->rules != now->rules || old->certificates_pem != now->certificates_pem;
}

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

}  // namespace

void TrustDesk::use_trust(LoadedTrust trust, TimePoint asked, const WhenDone& when_done) {
  const bool anchors_changed = trust.ca_pem != snapshot_.trust.ca_pem;
  const bool rules_changed = trust.bundle->crl_required() != snapshot_.trust.bundle->crl_required();
  const auto before = std::exchange(snapshot_.trust, std::move(trust));
  ++snapshot_.trust_generation;
  show_();
  outlook_.forget();
  const auto departing = no_longer_trusted(
      registry_, store_, *snapshot_.trust.bundle,
      [&, has_lost = has_lost_its_authority(*snapshot_.trust.bundle)](const SessionRegistry::Entry& entry) {
        return rules_changed || (anchors_changed && has_lost(entry)) ||
               is_judged_anew(entry.grant.authority, before, snapshot_.trust);
      });
  authorities_.note_rotation(before.authorities->phase);
  authorities_.tell_authorities();
  std::size_t count = 0;
  for (const auto& each : departing) count += each.sessions.size();
  log_.event(Level::Notice, "trust.loaded", "certificates and revocation are in force", {{"sessions_ended", count}});
  if (!departing.empty()) end_departing(departing, asked, when_done);
  // Behind the ends: nobody who must go is judged by the newer list first.
  note_revocation_dates();
  if (departing.empty()) when_done(0);
}

/// Commands are carried out in order: when the last is done, all are.
void TrustDesk::end_departing(const std::vector<Departure>& departing, TimePoint asked, const WhenDone& when_done) {
  if (departing.empty()) return when_done(0);
  std::size_t count = 0;
  for (const auto& each : departing) count += each.sessions.size();
  for (const auto& each : departing) {
    const bool is_last = &each == &departing.back();
    const auto origin = each.cause ? std::optional{CutOrigin{*each.cause, asked}} : std::nullopt;
    orders_.end_sessions(
        each.sessions, each.reason,
        [is_last, count, when_done](std::size_t) {
          if (is_last) when_done(count);
        },
        origin);
  }
}

void TrustDesk::recheck_devices(const WhenDone& when_done, std::optional<TimePoint> asked) {
  end_departing(no_longer_trusted(registry_, store_, *snapshot_.trust.bundle, nobody),
                asked.value_or(clock_.now().steady), when_done);
}

/// Each session dates by the list of its own authority.
void TrustDesk::note_revocation_dates() {
  const auto& bundle = *snapshot_.trust.bundle;
  command::NoteRevocation note;
  for (const auto& authority : bundle.authorities()) {
    const auto& id = bundle.id_of(authority);
    note.as_of.insert_or_assign(id, bundle.revocation_as_of(id));
  }
  // Sessions are judged by the wall clock: in its terms.
  registry_.for_each_evidence([&note, behind = clock_.behind()](const SessionGrant& grant, Evidence& evidence) {
    const auto date = note.as_of.find(grant.issuer);
    if (date != note.as_of.end()) evidence.revocation_as_of = earlier_by(behind, date->second);
  });
  orders_.tell(note);
}

void TrustDesk::end_outdated_sessions() {
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

Result<void, Diagnostics> TrustDesk::refuse_stranding(const LoadedTrust& next, unsigned limit) {
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

void TrustDesk::tell_list_faults() {
  for (const auto& fault : snapshot_.trust.bundle->faults()) {
    log_.event(Level::Warning, "revocation.failed", "a revocation list is not used: " + fault.error.words,
               {{"source", fault.origin}});
  }
}

/// They are refused one by one; whoever is left may come in. Nobody who was shut out knowingly, or enabled since, keeps
/// the others waiting.
void TrustDesk::tell_stranded() {
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

}  // namespace sallyport
