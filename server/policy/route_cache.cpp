#include "server/policy/route_cache.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {

Routes RouteCache::find(const Key& key) const {
  const std::lock_guard lock{mutex_};
  return look_up(key);
}

Routes RouteCache::keep(Key key, Routes routes) {
  const std::lock_guard lock{mutex_};
  if (auto earlier = look_up(key)) return earlier;
  if (entries_.size() == kMaxEntries) entries_.erase(entries_.begin());
  entries_.push_back(Entry{std::move(key), routes});
  return routes;
}

Routes RouteCache::look_up(const Key& key) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&key](const Entry& entry) { return entry.key == key; });
  return found == entries_.end() ? nullptr : found->routes;
}

}  // namespace sallyport
