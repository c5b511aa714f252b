#include "server/gateway/decision_desk.hpp"

#include "server/gateway/audit_evidence.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

/// Policies whose refusals can be explained as of then, although a newer one is in force.
constexpr std::size_t kRecentPolicies = 8;
/// Of one session, over all policies it lives through.
constexpr std::size_t kRulesRemembered = 256;

}  // namespace

/// All that is worth a record is told, whether decisions are kept or not: the audit file wants the first of each rule.
void DecisionDesk::trace(std::unordered_set<DeviceId> devices) {
  orders_.tell(command::WatchDecisions{.keep = true, .traced = std::move(devices)});
}

void DecisionDesk::take(const report::Decisions& decisions) {
  for (const auto& event : decisions.events) {
    if (event.is_kept) note_allowed(decisions.session, event);
    if (!event.is_kept && !observer_.decided) continue;
    const auto record = sallyport::record_of(decisions.session, event);
    if (event.is_kept) decisions_.keep(record);
    if (observer_.decided) observer_.decided(record);
  }
}

void DecisionDesk::take(const report::Denied& denied) {
  const auto* entry = registry_.find(denied.session);
  if (entry == nullptr) return;
  ++tally_.denied[static_cast<std::size_t>(denied.denial.decision.reason)];
  // The policy that judged: a newer one may be in force by now.
  const auto& policy = denied.denial.policy;
  const auto* rule = policy->rule(denied.denial.decision.rule);
  const std::string rule_name = rule == nullptr ? std::string{} : rule->name;
  AuditRecord audit = journal_.record_of("flow.denied", entry->grant);
  audit.time = denied.denial.time;
  audit.evidence = ages_of(*denied.denial.evidence, denied.denial.time);
  audit.policy = policy->hash();
  audit.destination = to_string(denied.denial.destination);
  audit.verdict = "deny";
  audit.rule = rule_name;
  audit.reason = name_of(denied.denial.decision.reason);
  audit.reference = denied.denial.code;
  (void)journal_.record(std::move(audit));
  log_.event(Level::Debug, "flow.denied", "policy refused a flow",
             {{"device", entry->grant.device.text()},
              {"destination", to_string(denied.denial.destination)},
              {"code", denied.denial.code}});
  remember_policy(policy);
  denials_.add(DenialJournal::entry_of(entry->grant, denied.denial));
}

void DecisionDesk::take(const report::Lost& lost) {
  decisions_.lose(lost.losses.decisions);
  losses_.add({lost.device, lost.user, lost.session, lost.losses}, clock_.now().steady);
  if (lost.losses.shown != 0 && observer_.lost) observer_.lost(lost.session, lost.losses.shown);
}

/// Once for each session and rule; decisions.jsonl has more.
void DecisionDesk::note_allowed(SessionId session, const DecisionEvent& event) {
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

/// One record of each kind a minute for each device that lost something.
void DecisionDesk::record_losses(bool is_last) {
  const TimePoint now = clock_.now().steady;
  losses_.add({{}, {}, {}, reports_.take_new_losses()}, now);
  if (!is_last && !losses_.is_due(now)) return;
  const auto tell = [this](const char* event, const LossBook::Entry& entry, std::uint64_t count) {
    if (count == 0) return;
    AuditRecord audit;
    audit.event = event;
    audit.user = entry.user.text();
    audit.device = entry.device.text();
    audit.session = entry.session;
    audit.counts = {{"count", count}};
    audit.reason = entry.device.text().empty() ? "the gateway was too busy to record them"
                                               : "more than is recorded of one device one by one";
    (void)journal_.record(std::move(audit));
  };
  for (const auto& entry : losses_.take()) {
    tell("decisions.lost", entry, entry.losses.decisions);
    tell("denials.lost", entry, entry.losses.denials);
  }
}

DecisionCounts DecisionDesk::counts() const noexcept {
  return {.is_kept = decisions_.is_open(),
          .written = decisions_.written(),
          .lost = decisions_.lost() + reports_.lost().decisions.load(),
          .denials_lost = losses_.denials(),
          .reports_lost = reports_.lost().others.load(),
          .messages_unread = losses_.unread()};
}

/// So that the journal can explain refusals by the policy that judged them.
void DecisionDesk::remember_policy(const std::shared_ptr<const Policy>& policy) {
  if (std::find(recent_policies_.begin(), recent_policies_.end(), policy) != recent_policies_.end()) return;
  if (recent_policies_.size() >= kRecentPolicies) recent_policies_.pop_front();
  recent_policies_.push_back(policy);
}

}  // namespace sallyport
