#include "server/policy/policy.hpp"

#include "server/policy/resolver.hpp"
#include "server/policy/rights_cache.hpp"
#include "server/policy/session_facts.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {

std::shared_ptr<const Policy> Policy::deny_all() {
  auto empty = std::make_unique<ResolvedPolicy>();
  empty->hash = hash_of(empty->document);
  return std::make_shared<const Policy>(std::move(empty));
}

Result<std::shared_ptr<const Policy>, Diagnostics> Policy::compile(PolicyDocument document) {
  auto resolved = resolve(std::move(document));
  if (!resolved) return fail(std::move(resolved.error()));
  return std::make_shared<const Policy>(std::move(*resolved));
}

Policy::Policy(std::unique_ptr<const ResolvedPolicy> resolved)
    : resolved_{std::move(resolved)}, cache_{std::make_unique<RightsCache>()} {}
Policy::~Policy() = default;

std::shared_ptr<const Rights> Policy::rights_for(const Evidence& evidence, WallTime now) const {
  auto table = cache_->table_for(*resolved_, SessionFacts{*resolved_, evidence});
  const GuardJudge judge{*resolved_, evidence};
  std::vector<GuardState> states;
  states.reserve(table->guards().size());
  for (const auto guard : table->guards()) states.push_back(judge.state(resolved_->guards[guard], now));
  return std::make_shared<const Rights>(std::move(table), std::move(states), evidence.certificate_expires, now);
}

std::optional<std::chrono::seconds> Policy::smallest_age(const Rights& rights) const {
  std::optional<std::chrono::seconds> smallest;
  const auto note = [&smallest](const std::optional<std::chrono::seconds>& age) {
    if (age) smallest = std::min(smallest.value_or(*age), *age);
  };
  for (const auto index : rights.table()->guards()) {
    const auto& guard = resolved_->guards[index];
    note(guard.key_age);
    if (!guard.posture) continue;
    for (const auto posture : *guard.posture) note(resolved_->document.postures[posture].check.reported_within);
  }
  return smallest;
}

std::size_t Policy::tables_in_use() const { return cache_->size(); }

std::span<const PolicyRule> Policy::rules() const noexcept { return resolved_->document.rules; }

const PolicyRule* Policy::rule(RuleIndex index) const noexcept {
  const auto position = static_cast<std::uint32_t>(index);
  return position < rules().size() ? &rules()[position] : nullptr;
}

const std::string& Policy::hash() const noexcept { return resolved_->hash; }

}  // namespace sallyport
