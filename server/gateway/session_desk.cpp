#include "server/gateway/session_desk.hpp"

#include "server/gateway/audit_evidence.hpp"
#include "server/gateway/session_opening.hpp"

#include <string>
#include <utility>

namespace sallyport {

void SessionDesk::take(const report::Started& started) {
  auto* entry = registry_.find(started.session);
  if (entry == nullptr) return;
  entry->started = true;
  OpeningRecords records;
  records.replaced = [this](const SessionGrant& grant, const std::string& serial) { note_replaced(grant, serial); };
  if (!settle_renewal(entry->grant, store_, records, clock_.latest())) {
    log_.event(Level::Error, "store.failed", "the certificate of before stays good until its end can be recorded",
               {{"device", entry->grant.device.text()}});
  }
  log_.event(entry->is_told ? Level::Info : Level::Debug, "session.open", "a device is connected",
             {{"session", static_cast<std::uint64_t>(started.session)},
              {"device", entry->grant.device.text()},
              {"user", entry->grant.user.text()}});
}

void SessionDesk::take(const report::Ended& ended) {
  const auto* entry = registry_.find(ended.session);
  if (entry == nullptr) return;
  ++counts_.ended[static_cast<std::size_t>(ended.reason)];
  if (ended.cut) cuts_.add(*ended.cut);
  AuditRecord audit = journal_.record_of("session.close", entry->grant);
  audit.reason = name_of(ended.reason);
  audit.counts = {{"refused", ended.refused},
                  {"denials_lost", ended.losses.denials},
                  {"decisions_lost", ended.losses.decisions},
                  {"attested", entry->attested}};
  const bool is_told = entry->is_told || is_by_gateway(ended.reason);
  if (is_told)
    (void)journal_.record(std::move(audit));
  else
    journal_.leave_out(audit, kSessionRation);
  if (ended.reason == EndReason::Superseded) note_take_over(*entry, ended);
  log_.event(is_told ? Level::Info : Level::Debug, "session.close", words_for(ended.reason),
             {{"session", static_cast<std::uint64_t>(ended.session)},
              {"device", entry->grant.device.text()},
              {"user", entry->grant.user.text()},
              {"reason", name_of(ended.reason)},
              {"bytes_in", ended.traffic.bytes_in},
              {"bytes_out", ended.traffic.bytes_out}});
  registry_.remove(ended.session);
  orders_.forget(ended.session);
}

void SessionDesk::take(report::EvidenceRenewed& renewed) {
  auto* entry = registry_.find(renewed.session);
  if (entry == nullptr) return;
  const bool attested = has_attested(entry->evidence, renewed.evidence);
  entry->evidence = std::move(renewed.evidence);
  if (!entry->evidence.key_proved) entry->is_attested = false;
  if (attested) note_attested(*entry);
}

void SessionDesk::take(const report::PostureChanged& changed) {
  const auto* entry = registry_.find(changed.session);
  if (entry == nullptr) return;
  AuditRecord audit = journal_.record_of("posture.changed", entry->grant);
  std::string words;
  for (const auto& [check, state] : changed.change.checks) {
    audit.checks.emplace(check, name_of(state));
    words.append(words.empty() ? "" : ", ").append(check).append(": ").append(name_of(state));
  }
  audit.self_reported = true;
  (void)journal_.record(std::move(audit));
  log_.event(Level::Info, "posture.changed", "what a device reports of itself turned posture checks",
             {{"device", entry->grant.device.text()}, {"checks", words}});
}

void SessionDesk::take(const report::AttestRefused& refused) {
  auto* entry = registry_.find(refused.session);
  if (entry == nullptr) return;
  entry->is_attested = false;
  ++tally_.attestations_refused[static_cast<std::size_t>(refused.refusal)];
  AuditRecord audit = journal_.record_of("attestation.refused", entry->grant);
  audit.reason = name_of(refused.refusal);
  if (!journal_.may_tell_refusal(audit, entry->grant.device)) return;
  (void)journal_.record(std::move(audit));
  log_.event(Level::Warning, "attestation.refused", "a device did not prove what it was asked to prove",
             {{"device", entry->grant.device.text()}, {"reason", name_of(refused.refusal)}});
}

void SessionDesk::take(const report::FlowsCut& cut) {
  for (const auto& each : cut.cuts) cuts_.add(each);
}

void SessionDesk::take(const report::RoutesCut& cut) {
  log_.event(Level::Warning, "routes.cut", "policy reaches more address ranges than a client can be told; join some",
             {{"session", static_cast<std::uint64_t>(cut.session)}, {"left_off", cut.left_off}});
}

void SessionDesk::note_replaced(const SessionGrant& grant, const std::string& serial) {
  AuditRecord audit;
  audit.event = "certificate.revoked";
  audit.user = grant.user.text();
  audit.device = grant.device.text();
  audit.serial = serial;
  audit.reason = "renewed";
  (void)journal_.record(std::move(audit));
}

/// A device that was asked to move, or that comes with a newer certificate, is none that flaps.
void SessionDesk::note_take_over(const SessionRegistry::Entry& older, const report::Ended& ended) {
  const auto* newest = registry_.newest(older.grant.device);
  const bool has_renewed = newest != nullptr && newest->grant.serial != older.grant.serial;
  if (ended.was_told_to_move || has_renewed) return;
  const auto times = flaps_.note(older.grant.device, clock_.now().steady);
  if (!times) return;
  ++counts_.flapping;
  AuditRecord audit = journal_.record_of("session.flapping", older.grant);
  audit.reason = "took over from itself " + std::to_string(*times) + " times in a minute";
  (void)journal_.record(std::move(audit));
  log_.event(Level::Warning, "session.flapping",
             "a device takes over from itself again and again: is its key on two laptops?",
             {{"device", older.grant.device.text()}, {"user", older.grant.user.text()}, {"times", *times}});
}

/// Beats would flood the file: the first one is recorded, and the first after a refusal. The rest are counted.
void SessionDesk::note_attested(SessionRegistry::Entry& entry) {
  ++entry.attested;
  if (std::exchange(entry.is_attested, true)) return;
  auto audit = journal_.record_of("attestation.accepted", entry.grant);
  if (journal_.may_tell(audit, kSessionRation)) (void)journal_.record(std::move(audit));
}

void SessionDesk::note_session_end(SessionId session, const std::string& by) {
  const auto* entry = registry_.find(session);
  if (entry == nullptr) return;
  AuditRecord audit = journal_.record_of("session.end", entry->grant);
  audit.by = by;
  (void)journal_.record(std::move(audit));
}

/// What cannot be recorded does not go on for long.
void SessionDesk::end_unrecorded_sessions() {
  if (!journal_.ends_sessions() || registry_.size() == 0) return;
  orders_.end_sessions(registry_.where([](const auto&) { return true; }), EndReason::AuditUnavailable,
                       [](std::size_t) {});
}

}  // namespace sallyport
