#include "server/record/flow_replay.hpp"

#include <algorithm>

namespace sallyport {
namespace {

/// As it was at `now` at best.
Evidence freshest(const Evidence& at_end, WallTime now) {
  Evidence evidence = at_end;
  for (auto* learned : {&evidence.key_proved, &evidence.user_proved, &evidence.revocation_as_of}) {
    if (*learned) *learned = std::min(**learned, now);
  }
  evidence.posture.reported = std::min(evidence.posture.reported, now);
  return evidence;
}

}  // namespace

void FlowReplay::add(const DecisionRecord& record) {
  if (record.kind != DecisionKind::Ended || record.since >= record.time) return;
  ++followed_;
  WallTime now = record.since;
  for (std::size_t step = 0; step < kMaxSteps; ++step) {
    const auto decision = candidate_->rights_for(freshest(record.evidence, now), now)->judge(record.destination, now);
    // What would not have begun is told by the record of its start.
    if (!decision.allows()) return now == record.since ? void() : group(record, now, decision);
    if (decision.valid_until >= record.time) return;
    now = decision.valid_until;
  }
  ++unfinished_;
}

void FlowReplay::group(const DecisionRecord& record, WallTime cut_at, const Decision& decision) {
  ++cut_;
  auto cut_by = reference_to(*candidate_, decision.rule);
  const auto by = record.verdict == Verdict::Allow ? record.rule : std::nullopt;
  const Key key{record.evidence.user.text(), record.destination, by, cut_by};
  if (!groups_.contains(key) && groups_.size() >= kMaxGroups) return;
  auto& flows = groups_[key];
  if (flows.count++ == 0 || cut_at < flows.cut_at) {
    flows.user = record.evidence.user.text();
    flows.destination = record.destination;
    flows.by = by;
    flows.cut_by = std::move(cut_by);
    flows.since = record.since;
    flows.cut_at = cut_at;
    flows.ended = record.time;
  }
  if (flows.devices.size() < CutFlows::kMaxDevices) flows.devices.insert(record.evidence.device.text());
}

std::vector<CutFlows> FlowReplay::groups() const {
  std::vector<CutFlows> list;
  list.reserve(groups_.size());
  for (const auto& [key, flows] : groups_) list.push_back(flows);
  std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
  return list;
}

}  // namespace sallyport
