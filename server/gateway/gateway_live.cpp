#include "server/gateway/gateway.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

/// Policies whose refusals can be explained as of then, although a newer one is in force.
constexpr std::size_t kRecentPolicies = 8;

}  // namespace

void Gateway::list_flows(const std::vector<SessionId>& sessions, std::size_t limit,
                         std::function<void(report::Flows)> when_done) {
  const auto ticket = tickets_.open(workers_.size(), [this, limit, when_done = std::move(when_done)](Ticket done) {
    auto found = std::move(flow_lists_.extract(done).mapped());
    if (found.flows.size() > limit) {
      found.left_off += found.flows.size() - limit;
      found.flows.resize(limit);
    }
    when_done(std::move(found));
  });
  flow_lists_.try_emplace(ticket);
  tell_workers(command::ListFlows{ticket, sessions, limit});
}

void Gateway::on_flows(report::Flows& flows) {
  auto& gathered = flow_lists_[flows.ticket];
  gathered.left_off += flows.left_off;
  std::move(flows.flows.begin(), flows.flows.end(), std::back_inserter(gathered.flows));
  tickets_.done(flows.ticket);
}

void Gateway::trace(std::unordered_set<DeviceId> devices) {
  tell_workers(command::WatchDecisions{.keep = decisions_.is_open(), .traced = std::move(devices)});
}

void Gateway::on_decisions(const report::Decisions& decisions) {
  if (decisions.lost != 0) {
    decisions_.lose(decisions.lost);
    if (observer_.lost) observer_.lost(decisions.session, decisions.lost);
  }
  for (const auto& event : decisions.events) {
    if (!event.is_kept && !observer_.decided) continue;
    const auto record = sallyport::record_of(decisions.session, event);
    if (event.is_kept) decisions_.keep(record);
    if (observer_.decided) observer_.decided(record);
  }
}

DecisionCounts Gateway::decision_counts() const noexcept {
  return {decisions_.is_open(), decisions_.written(), decisions_.lost() + lost_reports_.load()};
}

/// So that the journal can explain refusals by the policy that judged them.
void Gateway::remember_policy(const std::shared_ptr<const Policy>& policy) {
  if (std::find(recent_policies_.begin(), recent_policies_.end(), policy) != recent_policies_.end()) return;
  if (recent_policies_.size() >= kRecentPolicies) recent_policies_.pop_front();
  recent_policies_.push_back(policy);
}

}  // namespace sallyport
