#include "server/policy/lost_access.hpp"

#include "server/policy/policy.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace sallyport {

/// Allowed by a rule of some prefix around and denied by none.
bool RightsTable::is_open(std::uint32_t node, ServiceKey key, const View& view) const noexcept {
  bool allowed = false;
  for (; node != AddressIndex::kNothing; node = nodes_[node].parent) {
    const auto* cell = find_cell(nodes_[node], key);
    if (cell == nullptr) continue;
    if (holds(*cell, RuleKind::Deny, view)) return false;
    allowed = allowed || holds(*cell, RuleKind::Allow, view);
  }
  return allowed;
}

/// Between two of these the answer for an address inside `node` is the same.
void RightsTable::append_turns(std::uint32_t node, std::vector<ServiceKey>& out) const {
  for (; node != AddressIndex::kNothing; node = nodes_[node].parent) {
    for (const auto& cell : cells_of(nodes_[node])) {
      out.push_back(cell.range.first);
      if (cell.range.last != kAnyService.last) out.push_back(cell.range.last + 1);
    }
  }
}

namespace {

/// Calls `visit(node of a, node of b)` for every stretch of addresses on which neither changes, until it says true.
template <class Visit>
bool any_stretch(const AddressIndex& a, const AddressIndex& b, Visit visit) {
  std::size_t i = 0;
  std::size_t j = 0;
  std::uint32_t node_a = AddressIndex::kNothing;
  std::uint32_t node_b = AddressIndex::kNothing;
  while (i < a.size() || j < b.size()) {
    const bool takes_a = j == b.size() || (i < a.size() && a.start(i) <= b.start(j));
    const bool takes_b = i == a.size() || (j < b.size() && b.start(j) <= a.start(i));
    if (takes_a) node_a = a.node(i++);
    if (takes_b) node_b = b.node(j++);
    if (visit(node_a, node_b)) return true;
  }
  return false;
}

}  // namespace

bool RightsTable::opens_beyond(States states, const RightsTable& other, States other_states, WallTime now) const {
  const View view{states, now};
  const View other_view{other_states, now};
  std::unordered_set<std::uint64_t> seen;
  std::vector<ServiceKey> turns;
  const auto is_beyond = [&](std::uint32_t node, std::uint32_t other_node) {
    if (node == AddressIndex::kNothing) return false;
    if (!seen.insert(std::uint64_t{node} << 32U | other_node).second) return false;
    turns.clear();
    append_turns(node, turns);
    other.append_turns(other_node, turns);
    return std::any_of(turns.begin(), turns.end(), [&](ServiceKey key) {
      return is_open(node, key, view) && !other.is_open(other_node, key, other_view);
    });
  };
  return any_stretch(v4_, other.v4_, is_beyond) || any_stretch(v6_, other.v6_, is_beyond);
}

bool Rights::opens_beyond(const Rights& other, WallTime now) const {
  if (now >= certificate_expires_ || !covers(now)) return false;
  if (now >= other.certificate_expires_ || !other.covers(now)) return !reachable(now).empty();
  return table_->opens_beyond(states_, *other.table_, other.states_, now);
}

std::vector<bool> Rights::met() const {
  std::vector<bool> met;
  met.reserve(states_.size());
  for (const auto& state : states_) met.push_back(state.met);
  return met;
}

bool LostAccess::by(const Evidence& evidence) {
  if (now_ >= evidence.certificate_expires) return false;
  auto before = present_->rights_for(evidence, now_);
  auto after = candidate_->rights_for(evidence, now_);
  Pair pair{before->table(), before->met(), after->table(), after->met()};
  const auto known = known_.find(pair);
  if (known != known_.end()) return known->second;
  const bool loses = before->opens_beyond(*after, now_);
  known_.emplace(std::move(pair), loses);
  return loses;
}

}  // namespace sallyport
