#include "server/gateway/gateway.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

/// Policies whose refusals can be explained as of then, although a newer one is in force.
constexpr std::size_t kRecentPolicies = 8;

}  // namespace

/// All that is worth a record is told, whether decisions are kept or not: the audit file wants the first of each rule.
void Gateway::trace(std::unordered_set<DeviceId> devices) {
  orders_.tell(command::WatchDecisions{.keep = true, .traced = std::move(devices)});
}

void Gateway::on_decisions(const report::Decisions& decisions) {
  for (const auto& event : decisions.events) {
    if (event.is_kept) note_allowed(decisions.session, event);
    if (!event.is_kept && !observer_.decided) continue;
    const auto record = sallyport::record_of(decisions.session, event);
    if (event.is_kept) decisions_.keep(record);
    if (observer_.decided) observer_.decided(record);
  }
}

void Gateway::on_lost(const report::Lost& lost) {
  decisions_.lose(lost.losses.decisions);
  losses_.add({lost.device, lost.user, lost.session, lost.losses}, clock_.now().steady);
  if (lost.losses.shown != 0 && observer_.lost) observer_.lost(lost.session, lost.losses.shown);
}

/// On a worker's thread. What clients bring about as often as they care to never takes the room that admissions need;
/// all else is little for each session and must arrive.
void Gateway::post_report(WorkerReport&& report) {
  if (reports_.enter(report)) inbox_.push(ControlMessage{std::move(report)});
}

/// One record of each kind a minute for each device that lost something.
void Gateway::record_losses(bool is_last) {
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

DecisionCounts Gateway::decision_counts() const noexcept {
  return {.is_kept = decisions_.is_open(),
          .written = decisions_.written(),
          .lost = decisions_.lost() + reports_.lost().decisions.load(),
          .denials_lost = losses_.denials(),
          .reports_lost = reports_.lost().others.load()};
}

/// So that the journal can explain refusals by the policy that judged them.
void Gateway::remember_policy(const std::shared_ptr<const Policy>& policy) {
  if (std::find(recent_policies_.begin(), recent_policies_.end(), policy) != recent_policies_.end()) return;
  if (recent_policies_.size() >= kRecentPolicies) recent_policies_.pop_front();
  recent_policies_.push_back(policy);
}

}  // namespace sallyport
