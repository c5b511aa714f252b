#include "common/base/version.hpp"
#include "server/gateway/audit_evidence.hpp"
#include "server/gateway/gateway.hpp"

#include <utility>

namespace sallyport {
namespace {

/// Of one session, over all policies it lives through.
constexpr std::size_t kRulesRemembered = 256;

}  // namespace

void Gateway::note_start() {
  AuditRecord audit;
  audit.event = "gateway.start";
  audit.reason = "version " + std::string{product_version()};
  (void)journal_.record(std::move(audit));
}

void Gateway::note_session_end(SessionId session, const std::string& by) {
  const auto* entry = registry_.find(session);
  if (entry == nullptr) return;
  AuditRecord audit = journal_.record_of("session.end", entry->grant);
  audit.by = by;
  (void)journal_.record(std::move(audit));
}

/// Beats would flood the file: the first one is recorded, and the first after a refusal. The rest are counted.
void Gateway::note_attested(SessionRegistry::Entry& entry) {
  ++entry.attested;
  if (std::exchange(entry.is_attested, true)) return;
  auto audit = journal_.record_of("attestation.accepted", entry.grant);
  if (journal_.may_tell(audit, kSessionRation)) (void)journal_.record(std::move(audit));
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
  AuditRecord audit = journal_.record_of("flow.allowed", entry->grant);
  audit.time = event.time;
  audit.evidence = ages_of(*event.evidence, event.time);
  audit.destination = to_string(event.destination);
  audit.verdict = "allow";
  audit.rule = rule->name;
  audit.policy = event.policy->hash();
  (void)journal_.record(std::move(audit));
}

void Gateway::note_reload(const char* event, const std::string& by, std::size_t ended) {
  tally_.note_reload(std::string_view{event} == "config.reload");
  AuditRecord audit;
  audit.event = event;
  audit.by = by;
  audit.counts = {{"ended", ended}};
  (void)journal_.record(std::move(audit));
}

void Gateway::note_refused_reload(const std::string& by, const Diagnostics& diagnostics) {
  tally_.note_refused_reload();
  AuditRecord audit;
  audit.event = "reload.refused";
  audit.by = by;
  audit.reason = diagnostics.empty() ? "unknown" : to_string(diagnostics.front());
  (void)journal_.record(std::move(audit));
}

/// What cannot be recorded does not go on for long.
void Gateway::end_unrecorded_sessions() {
  if (!journal_.ends_sessions() || registry_.size() == 0) return;
  orders_.end_sessions(registry_.where([](const auto&) { return true; }), EndReason::AuditUnavailable,
                       [](std::size_t) {});
}

}  // namespace sallyport
