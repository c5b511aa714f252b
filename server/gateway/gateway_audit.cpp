#include "common/base/version.hpp"
#include "server/gateway/audit_evidence.hpp"
#include "server/gateway/gateway.hpp"

#include <utility>

namespace sallyport {
namespace {

/// Of one session, over all policies it lives through.
constexpr std::size_t kRulesRemembered = 256;

}  // namespace

bool Gateway::record(AuditRecord record) {
  if (record.policy.empty()) record.policy = snapshot_.policy.policy->hash();
  return audit_.write(std::move(record), loop_.now());
}

AuditRecord Gateway::record_of(const char* event, const SessionGrant& grant) {
  AuditRecord record;
  record.event = event;
  record.user = grant.user.text();
  record.device = grant.device.text();
  record.serial = grant.serial;
  record.session = grant.id;
  record.source = grant.source.to_string();
  record.policy = snapshot_.policy.policy->hash();
  if (grant.addresses.v4)
    record.address = grant.addresses.v4->to_string();
  else if (grant.addresses.v6)
    record.address = grant.addresses.v6->to_string();
  const auto* entry = registry_.find(grant.id);
  record.evidence = ages_of(entry == nullptr ? evidence_of(grant) : entry->evidence, loop_.now().wall);
  return record;
}

/// What the device of this record brings about as often as it cares to.
bool Gateway::may_tell(const AuditRecord& audit, const Ration& ration) {
  return rations_.take({audit.event, {}, audit.device}, ration, audit, loop_.now());
}

/// A device that is on record has rations of its own, whoever else is refused; all others share theirs, by reason.
bool Gateway::may_tell_refusal(const AuditRecord& audit, const DeviceId& device) {
  const auto known =
      device.empty() ? Store::Outcome<std::optional<DeviceRecord>>{std::nullopt} : store_->device(device);
  const bool is_known = known && *known;
  return rations_.take({audit.event, audit.reason, is_known ? device.text() : std::string{}},
                       is_known ? kDeviceRefusalRation : stranger_ration(snapshot_.config.audit_settings), audit,
                       loop_.now());
}

/// False: it is not written.
bool Gateway::tell_left_out(const AuditRecord& summary) {
  (void)record(summary);
  // Not by the answer of record(), which may be yes whatever happened: [audit] on_full.
  if (audit_.is_failing()) return false;
  log_.event(Level::Warning, "records.left_out", "more was refused or opened than is recorded one by one",
             {{"left_out", summary.texts.front().second},
              {"reason", summary.reason},
              {"device", summary.device},
              {"count", summary.counts.front().second}});
  return true;
}

/// Kept while it cannot be written.
void Gateway::record_left_out(bool is_last) {
  const Now now = loop_.now();
  for (const auto& [refusal, source, count] : refusals_.take()) {
    AuditRecord audit;
    audit.source = source.to_string();
    rations_.leave_out({refusal.event, refusal.reason}, stranger_ration(snapshot_.config.audit_settings), audit, now,
                       count);
  }
  if (audit_.is_failing()) return;
  rations_.tell_due(now, is_last, [this](const AuditRecord& summary) { return tell_left_out(summary); });
}

void Gateway::note_start() {
  AuditRecord audit;
  audit.event = "gateway.start";
  audit.reason = "version " + std::string{product_version()};
  (void)record(std::move(audit));
}

void Gateway::note_session_end(SessionId session, const std::string& by) {
  const auto* entry = registry_.find(session);
  if (entry == nullptr) return;
  AuditRecord audit = record_of("session.end", entry->grant);
  audit.by = by;
  (void)record(std::move(audit));
}

/// Beats would flood the file: the first one is recorded, and the first after a refusal. The rest are counted.
void Gateway::note_attested(SessionRegistry::Entry& entry) {
  ++entry.attested;
  if (std::exchange(entry.is_attested, true)) return;
  auto audit = record_of("attestation.accepted", entry.grant);
  if (may_tell(audit, kSessionRation)) (void)record(std::move(audit));
}

/// Once for each session and rule; decisions.jsonl has more.
void Gateway::note_allowed(SessionId session, const DecisionEvent& event) {
  auto* entry = registry_.find(session);
  if (entry == nullptr || event.kind != DecisionKind::Opened) return;
  const auto* rule = event.policy->rule(event.decision.rule);
  if (rule == nullptr) return;
  // Forgotten rules are recorded once more.
  if (entry->allowed_by.size() >= kRulesRemembered) entry->allowed_by.clear();
  if (!entry->allowed_by.insert(event.policy->hash() + ' ' + rule->name).second) return;
  AuditRecord audit = record_of("flow.allowed", entry->grant);
  audit.time = event.time;
  audit.evidence = ages_of(*event.evidence, event.time);
  audit.destination = to_string(event.destination);
  audit.verdict = "allow";
  audit.rule = rule->name;
  audit.policy = event.policy->hash();
  (void)record(std::move(audit));
}

void Gateway::note_reload(const char* event, const std::string& by, std::size_t ended) {
  tally_.note_reload(std::string_view{event} == "config.reload");
  AuditRecord audit;
  audit.event = event;
  audit.by = by;
  audit.counts = {{"ended", ended}};
  (void)record(std::move(audit));
}

void Gateway::note_refused_reload(const std::string& by, const Diagnostics& diagnostics) {
  tally_.note_refused_reload();
  AuditRecord audit;
  audit.event = "reload.refused";
  audit.by = by;
  audit.reason = diagnostics.empty() ? "unknown" : to_string(diagnostics.front());
  (void)record(std::move(audit));
}

/// What cannot be recorded does not go on for long.
void Gateway::end_unrecorded_sessions() {
  if (!audit_.ends_sessions(loop_.now().steady) || registry_.size() == 0) return;
  end_sessions(registry_.where([](const auto&) { return true; }), EndReason::AuditUnavailable, [](std::size_t) {});
}

}  // namespace sallyport
