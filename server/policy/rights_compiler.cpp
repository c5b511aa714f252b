#include "server/policy/rights_compiler.hpp"

#include "server/policy/service_cells.hpp"

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

constexpr std::array<ServiceRange, 1> kAnyServices{kAnyService};
constexpr std::uint32_t kNoSlot = 0xffffffffU;

/// Of claims that stand and fall together only the longest counts, and of equally long ones the first.
void add_claim(std::vector<Claim>& claims, const Claim& claim) {
  const auto twin = std::find_if(claims.begin(), claims.end(), [&claim](const Claim& each) {
    return each.guard == claim.guard && each.kind == claim.kind && each.in_shadow == claim.in_shadow;
  });
  if (twin == claims.end())
    claims.push_back(claim);
  else if (claim.until > twin->until || (claim.until == twin->until && claim.rule < twin->rule))
    *twin = claim;
}

}  // namespace

std::shared_ptr<const RightsTable> RightsCompiler::compile(std::span<const std::uint32_t> rules) {
  table_ = std::make_shared<RightsTable>();
  cells_.clear();
  claims_.clear();
  applied_.assign(policy_.document.resources.size() + 1, {});
  slots_.assign(policy_.guards.size(), kNoSlot);
  if (!policy_.rules.empty()) table_->otherwise_ = DecisionReason::NoRule;
  for (const auto rule : rules) apply_rule(rule);
  add_family(4, table_->v4_);
  add_family(6, table_->v6_);
  collect_dates();
  return std::move(table_);
}

void RightsCompiler::apply_rule(std::uint32_t rule) {
  const auto& written = policy_.document.rules[rule];
  const auto& resolved = policy_.rules[rule];
  const Claim claim{RuleIndex{rule}, guard_of_table(resolved.guard), written.until.value_or(kNever), written.kind,
                    written.rollout == Rollout::Shadow};
  for (const auto resource : resolved.resources) add_claim(applied_[resource], claim);
  if (resolved.to_any) add_claim(applied_[any_resource()], claim);
}

std::uint32_t RightsCompiler::guard_of_table(std::uint32_t guard) {
  auto& slot = slots_[guard];
  if (slot == kNoSlot) {
    slot = static_cast<std::uint32_t>(table_->guards_.size());
    table_->guards_.push_back(guard);
  }
  return slot;
}

std::vector<RightsCompiler::Entry> RightsCompiler::entries_of(unsigned version) const {
  std::vector<Entry> entries;
  for (std::uint32_t resource = 0; resource < any_resource(); ++resource) {
    if (applied_[resource].empty()) continue;
    for (const auto& prefix : policy_.document.resources[resource].prefixes) {
      if (prefix.network().version() != version) continue;
      entries.push_back(Entry{AddressKey::of(prefix.first()), AddressKey::of(prefix.last()), resource});
    }
  }
  if (!applied_[any_resource()].empty()) {
    const auto end = version == 4 ? AddressKey{0, 0xffffffffU} : AddressKey{~std::uint64_t{0}, ~std::uint64_t{0}};
    entries.push_back(Entry{AddressKey{}, end, any_resource()});
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    if (a.first != b.first) return a.first < b.first;
    return a.last != b.last ? a.last > b.last : a.resource < b.resource;
  });
  return entries;
}

void RightsCompiler::add_family(unsigned version, AddressIndex& index) {
  const auto entries = entries_of(version);
  std::vector<AddressSpan> spans;
  std::vector<std::uint32_t> resources;
  for (std::size_t i = 0; i < entries.size();) {
    resources.clear();
    const auto& prefix = entries[i];
    for (; i < entries.size() && entries[i].first == prefix.first && entries[i].last == prefix.last; ++i) {
      resources.push_back(entries[i].resource);
    }
    const auto cells = cells_for(resources);
    spans.push_back(AddressSpan{prefix.first, prefix.last, static_cast<std::uint32_t>(table_->nodes_.size())});
    table_->nodes_.push_back(RightsTable::Node{AddressIndex::kNothing, cells.first, cells.count});
  }
  index.build(spans, [this](std::uint32_t node, std::uint32_t parent) { table_->nodes_[node].parent = parent; });
}

RightsCompiler::Range RightsCompiler::cells_for(const std::vector<std::uint32_t>& resources) {
  const auto [place, is_new] = cells_.try_emplace(resources);
  if (!is_new) return place->second;
  std::vector<NamedServices> services;
  for (const auto resource : resources) {
    for (const auto& range : services_of(resource)) services.push_back({range, resource});
  }
  auto& cells = table_->cells_;
  const auto first = static_cast<std::uint32_t>(cells.size());
  for (const auto& shared : make_disjoint(services)) {
    const auto claims = claims_for(shared.resources);
    const bool continues = cells.size() > first && cells.back().range.last + 1 == shared.range.first &&
                           cells.back().first_claim == claims.first && cells.back().claim_count == claims.count;
    if (continues)
      cells.back().range.last = shared.range.last;
    else
      cells.push_back(ServiceCell{shared.range, claims.first, claims.count});
  }
  place->second = Range{first, static_cast<std::uint32_t>(cells.size()) - first};
  return place->second;
}

RightsCompiler::Range RightsCompiler::claims_for(const std::vector<std::uint32_t>& resources) {
  const auto [place, is_new] = claims_.try_emplace(resources);
  if (!is_new) return place->second;
  std::vector<Claim> claims;
  for (const auto resource : resources) {
    for (const auto& claim : applied_[resource]) add_claim(claims, claim);
  }
  auto& all = table_->claims_;
  place->second = Range{static_cast<std::uint32_t>(all.size()), static_cast<std::uint32_t>(claims.size())};
  all.insert(all.end(), claims.begin(), claims.end());
  return place->second;
}

std::span<const ServiceRange> RightsCompiler::services_of(std::uint32_t resource) const {
  if (resource == any_resource()) return kAnyServices;
  return policy_.document.resources[resource].services;
}

std::uint32_t RightsCompiler::any_resource() const noexcept {
  return static_cast<std::uint32_t>(policy_.document.resources.size());
}

void RightsCompiler::collect_dates() {
  auto& dates = table_->dates_;
  for (const auto& claims : applied_) {
    for (const auto& claim : claims) {
      if (claim.until != kNever) dates.push_back(claim.until);
    }
  }
  std::sort(dates.begin(), dates.end());
  dates.erase(std::unique(dates.begin(), dates.end()), dates.end());
}

}  // namespace sallyport
