#include "server/policy/rights_cache.hpp"

#include "server/policy/rights_compiler.hpp"

#include <algorithm>

namespace sallyport {

std::shared_ptr<const RightsTable> RightsCache::table_for(const ResolvedPolicy& policy,
                                                          const std::vector<std::uint32_t>& rules) {
  if (auto known = find(rules)) return known;
  auto made = RightsCompiler{policy}.compile(rules);
  const std::lock_guard lock{mutex_};
  auto& place = tables_[rules];
  // Another thread may have been faster: everybody shares the first one.
  if (auto earlier = place.lock()) return earlier;
  place = made;
  if (tables_.size() >= sweep_at_) forget_unused();
  return made;
}

std::size_t RightsCache::size() const {
  const std::lock_guard lock{mutex_};
  return static_cast<std::size_t>(
      std::count_if(tables_.begin(), tables_.end(), [](const auto& entry) { return !entry.second.expired(); }));
}

std::shared_ptr<const RightsTable> RightsCache::find(const std::vector<std::uint32_t>& rules) const {
  const std::lock_guard lock{mutex_};
  const auto found = tables_.find(rules);
  return found == tables_.end() ? nullptr : found->second.lock();
}

void RightsCache::forget_unused() {
  std::erase_if(tables_, [](const auto& entry) { return entry.second.expired(); });
  sweep_at_ = std::max<std::size_t>(64, tables_.size() * 2);
}

}  // namespace sallyport
