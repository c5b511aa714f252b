#include "server/record/replay.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

constexpr std::size_t kMaxTables = 4096;

}  // namespace

void Replay::add(const DecisionRecord& record) {
  // The end of a flow is no new decision, and what was judged by outdated rights was judged again at once.
  if (record.kind == DecisionKind::Ended || record.reason == name_of(DecisionReason::RightsOutdated)) return;
  ++judged_;
  const Decision decision = judge(record);
  if (decision.verdict == record.verdict) return;
  ++(decision.allows() ? newly_allowed_ : newly_denied_);
  group(record, decision);
}

Decision Replay::judge(const DecisionRecord& record) {
  const auto rights = candidate_->rights_for(record.evidence, record.time);
  if (tables_.size() >= kMaxTables) tables_.clear();
  tables_.try_emplace(rights->table().get(), rights->table());
  return rights->judge(record.destination, record.time);
}

void Replay::group(const DecisionRecord& record, const Decision& decision) {
  auto rule = reference_to(*candidate_, decision.rule);
  const Key key{record.evidence.user.text(), record.destination, record.verdict, record.rule, rule};
  const auto known = groups_.find(key);
  if (known == groups_.end() && groups_.size() >= kMaxGroups) return;
  auto& turned = groups_[key];
  if (turned.count++ == 0) {
    turned.user = record.evidence.user.text();
    turned.destination = record.destination;
    turned.was = record.verdict;
    turned.by = record.rule;
    turned.would_be = decision.verdict;
    turned.would_be_by = std::move(rule);
    turned.first = turned.last = record.time;
  }
  turned.first = std::min(turned.first, record.time);
  turned.last = std::max(turned.last, record.time);
  if (turned.devices.size() < TurnedDecisions::kMaxDevices) turned.devices.insert(record.evidence.device.text());
}

std::vector<TurnedDecisions> Replay::groups() const {
  std::vector<TurnedDecisions> list;
  list.reserve(groups_.size());
  for (const auto& [key, turned] : groups_) list.push_back(turned);
  std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
  return list;
}

}  // namespace sallyport
