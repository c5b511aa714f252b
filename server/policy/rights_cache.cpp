#include "server/policy/rights_cache.hpp"

#include "server/policy/rights_compiler.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {

template <class Map>
RightsCache::Table RightsCache::Tables<Map>::find(const typename Map::key_type& key) const {
  const auto found = known.find(key);
  return found == known.end() ? nullptr : found->second.lock();
}

template <class Map>
RightsCache::Table RightsCache::Tables<Map>::keep(const typename Map::key_type& key, Table table) {
  auto& place = known[key];
  // Another thread may have been faster: everybody shares the first one.
  if (auto earlier = place.lock()) return earlier;
  place = table;
  if (known.size() >= sweep_at) {
    std::erase_if(known, [](const auto& entry) { return entry.second.expired(); });
    sweep_at = std::max<std::size_t>(64, known.size() * 2);
  }
  return table;
}

std::shared_ptr<const RightsTable> RightsCache::table_for(const ResolvedPolicy& policy, const SessionFacts& facts) {
  const auto key = facts.key();
  {
    const std::lock_guard lock{mutex_};
    if (auto known = by_facts_.find(key)) return known;
  }
  auto table = compiled(policy, facts.applicable_rules());
  const std::lock_guard lock{mutex_};
  return by_facts_.keep(key, std::move(table));
}

std::size_t RightsCache::size() const {
  const std::lock_guard lock{mutex_};
  return static_cast<std::size_t>(std::count_if(by_rules_.known.begin(), by_rules_.known.end(),
                                                [](const auto& entry) { return !entry.second.expired(); }));
}

RightsCache::Table RightsCache::compiled(const ResolvedPolicy& policy, const std::vector<std::uint32_t>& rules) {
  {
    const std::lock_guard lock{mutex_};
    if (auto known = by_rules_.find(rules)) return known;
  }
  auto made = RightsCompiler{policy}.compile(rules);
  const std::lock_guard lock{mutex_};
  return by_rules_.keep(rules, std::move(made));
}

}  // namespace sallyport
