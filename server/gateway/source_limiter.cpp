#include "server/gateway/source_limiter.hpp"

namespace sallyport {

bool SourceLimiter::admit(const IpAddress& source, TimePoint now) {
  const IpAddress key = source_key(source);
  auto found = buckets_.find(key);
  if (found == buckets_.end()) {
    if (buckets_.size() >= limits_.tracked) forget_quiet_sources(now);
    if (buckets_.size() >= limits_.tracked) return false;
    found = buckets_.emplace(key, TokenBucket{limits_.per_second, limits_.burst, now}).first;
  }
  return found->second.take(now);
}

void SourceLimiter::give_back(const IpAddress& source) {
  const auto found = buckets_.find(source_key(source));
  if (found != buckets_.end()) found->second.give_back();
}

void SourceLimiter::forget_quiet_sources(TimePoint now) {
  std::erase_if(buckets_, [now](const auto& entry) { return entry.second.is_full(now); });
}

}  // namespace sallyport
