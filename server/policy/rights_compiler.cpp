#include "server/policy/rights_compiler.hpp"

#include "server/policy/service_cells.hpp"
#include "server/policy/session_facts.hpp"

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

constexpr std::array<ServiceRange, 1> kAnyServices{kAnyService};

}  // namespace

std::shared_ptr<const RightsTable> RightsCompiler::compile(const Evidence& evidence) {
  table_ = std::make_shared<RightsTable>();
  cells_.clear();
  applied_.assign(policy_.document.resources.size() + 1, AppliedResource{});
  if (!policy_.rules.empty()) table_->otherwise_ = DecisionReason::NoRule;
  apply_rules(evidence);
  add_family(4, table_->v4_);
  add_family(6, table_->v6_);
  collect_changes();
  return std::move(table_);
}

void RightsCompiler::apply_rules(const Evidence& evidence) {
  const SessionFacts facts{policy_, evidence};
  for (std::size_t rule = 0; rule < policy_.rules.size(); ++rule) {
    if (facts.satisfies(policy_.rules[rule], policy_.document.rules[rule].kind)) apply_rule(rule);
  }
}

void RightsCompiler::apply_rule(std::size_t rule) {
  const auto& written = policy_.document.rules[rule];
  const Claim claim{written.until.value_or(kNever), RuleIndex{static_cast<std::uint32_t>(rule)}};
  const auto apply = [&](std::uint32_t resource) {
    auto& applied = applied_[resource];
    (written.kind == RuleKind::Allow ? applied.allow : applied.deny).improve(claim);
  };
  for (const auto resource : policy_.rules[rule].resources) apply(resource);
  if (policy_.rules[rule].to_any) apply(any_resource());
}

std::vector<RightsCompiler::Entry> RightsCompiler::entries_of(unsigned version) const {
  std::vector<Entry> entries;
  for (std::uint32_t resource = 0; resource < any_resource(); ++resource) {
    if (!applied_[resource].applies()) continue;
    for (const auto& prefix : policy_.document.resources[resource].prefixes) {
      if (prefix.network().version() != version) continue;
      entries.push_back(Entry{AddressKey::of(prefix.first()), AddressKey::of(prefix.last()), resource});
    }
  }
  if (applied_[any_resource()].applies()) {
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
  for (std::size_t i = 0; i < entries.size();) {
    std::vector<std::uint32_t> resources;
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

RightsCompiler::CellRange RightsCompiler::cells_for(const std::vector<std::uint32_t>& resources) {
  const auto [place, is_new] = cells_.try_emplace(resources);
  if (!is_new) return place->second;
  std::vector<ServiceCell> claims;
  for (const auto resource : resources) {
    for (const auto& range : services_of(resource)) {
      claims.push_back(ServiceCell{range, applied_[resource].allow, applied_[resource].deny});
    }
  }
  const auto cells = make_disjoint(std::move(claims));
  place->second =
      CellRange{static_cast<std::uint32_t>(table_->cells_.size()), static_cast<std::uint32_t>(cells.size())};
  table_->cells_.insert(table_->cells_.end(), cells.begin(), cells.end());
  return place->second;
}

std::span<const ServiceRange> RightsCompiler::services_of(std::uint32_t resource) const {
  if (resource == any_resource()) return kAnyServices;
  return policy_.document.resources[resource].services;
}

std::uint32_t RightsCompiler::any_resource() const noexcept {
  return static_cast<std::uint32_t>(policy_.document.resources.size());
}

void RightsCompiler::collect_changes() {
  auto& changes = table_->changes_;
  for (const auto& applied : applied_) {
    for (const auto& claim : {applied.allow, applied.deny}) {
      if (claim.rule != kNoRule && claim.until != kNever) changes.push_back(claim.until);
    }
  }
  std::sort(changes.begin(), changes.end());
  changes.erase(std::unique(changes.begin(), changes.end()), changes.end());
}

}  // namespace sallyport
