#include "server/flow/flow_table.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace sallyport {
namespace {

/// Every input bit reaches the low bits. No secret: a client that makes its own flows collide evicts its own flows.
std::size_t hash_of(const FlowKey& key) noexcept {
  std::uint64_t hash = (std::uint64_t{key.protocol} << 32U) | (std::uint64_t{key.client_port} << 16U) | key.office_port;
  for (Bytes octets = key.office.octets(); !octets.empty(); octets = octets.subspan(4)) {
    hash = (hash ^ load_be32(octets)) * 0x9e3779b97f4a7c15U;
    hash ^= hash >> 32U;
  }
  return static_cast<std::size_t>(hash);
}

}  // namespace

FlowTable::FlowTable(const FlowLimits& limits) : limits_{limits} {
  limits_.max_flows = std::bit_floor(std::max(limits.max_flows, kFirstCapacity));
}

Flow* FlowTable::find(const FlowKey& key, TimePoint now) noexcept {
  if (slots_.empty()) return nullptr;
  const std::size_t home = hash_of(key);
  for (std::size_t step = 0; step < kWindow; ++step) {
    Flow& flow = slot(home, step);
    if (flow.is_free() || !(flow.key == key)) continue;
    if (!flow.is_forgotten(limits_, now)) return &flow;
    report_end(flow, FlowEnd::Silent);
    flow = Flow{};
    return nullptr;
  }
  return nullptr;
}

Flow& FlowTable::insert(const FlowKey& key, TimePoint now) {
  Flow& flow = make_room(key, now);
  report_end(flow, is_live(flow, now) ? FlowEnd::MadeRoom : FlowEnd::Silent);
  flow = Flow{};
  flow.key = key;
  flow.state = Flow::first_state(key);
  flow.last_seen = now;
  return flow;
}

void FlowTable::erase(Flow& flow) noexcept {
  if (flow.is_accounted) --accounted_;
  flow = Flow{};
}

void FlowTable::release_idle_memory(TimePoint now) noexcept {
  if (accounted_ == 0 && live(now) == 0) slots_ = std::vector<Flow>{};
}

void FlowTable::account(Flow& flow) noexcept {
  if (!std::exchange(flow.is_accounted, true)) ++accounted_;
}

void FlowTable::sweep(std::size_t slots, TimePoint now) {
  for (std::size_t i = 0; i < std::min(slots, slots_.size()) && accounted_ != 0; ++i) {
    Flow& flow = slots_[swept_++ & (slots_.size() - 1)];
    if (!flow.is_accounted || is_live(flow, now)) continue;
    report_end(flow, FlowEnd::Silent);
    flow = Flow{};
  }
}

void FlowTable::end_accounted(FlowEnd end, std::size_t most) {
  for (std::size_t i = 0; i < slots_.size() && accounted_ != 0 && most != 0; ++i) {
    Flow& flow = slots_[i];
    if (!flow.is_accounted) continue;
    report_end(flow, end);
    flow = Flow{};
    --most;
  }
}

std::vector<EndedFlow> FlowTable::take_ended(std::size_t most) {
  if (ended_.size() <= most) return std::exchange(ended_, {});
  const auto end = ended_.begin() + static_cast<std::ptrdiff_t>(most);
  std::vector<EndedFlow> taken{ended_.begin(), end};
  ended_.erase(ended_.begin(), end);
  return taken;
}

void FlowTable::report_end(const Flow& flow, FlowEnd end) {
  if (!flow.is_accounted) return;
  --accounted_;
  if (ended_.size() < kMaxEnded)
    ended_.push_back({flow, end});
  else
    ++lost_;
}

std::size_t FlowTable::live(TimePoint now) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(slots_.begin(), slots_.end(), [&](const Flow& flow) { return is_live(flow, now); }));
}

Flow& FlowTable::make_room(const FlowKey& key, TimePoint now) {
  while (true) {
    if (Flow* flow = slots_.empty() ? nullptr : free_slot(key, now)) return *flow;
    if (slots_.size() == limits_.max_flows) break;
    grow(now);
  }
  ++evicted_;
  return oldest_slot(key);
}

Flow* FlowTable::free_slot(const FlowKey& key, TimePoint now) noexcept {
  const std::size_t home = hash_of(key);
  for (std::size_t step = 0; step < kWindow; ++step) {
    Flow& flow = slot(home, step);
    if (!is_live(flow, now)) return &flow;
  }
  return nullptr;
}

Flow& FlowTable::oldest_slot(const FlowKey& key) noexcept {
  const std::size_t home = hash_of(key);
  Flow* oldest = &slot(home, 0);
  for (std::size_t step = 1; step < kWindow; ++step) {
    Flow& flow = slot(home, step);
    if (flow.last_seen < oldest->last_seen) oldest = &flow;
  }
  return *oldest;
}

void FlowTable::grow(TimePoint now) {
  std::vector<Flow> old(std::max(kFirstCapacity, slots_.size() * 2));
  old.swap(slots_);
  for (const Flow& flow : old) {
    if (!is_live(flow, now)) {
      report_end(flow, FlowEnd::Silent);
      continue;
    }
    // A window of the new table can overflow while others are empty; the flow is then judged anew on its next packet.
    if (Flow* place = free_slot(flow.key, now))
      *place = flow;
    else {
      report_end(flow, FlowEnd::MadeRoom);
      ++evicted_;
    }
  }
}

}  // namespace sallyport
