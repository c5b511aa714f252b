#include "client/session/path_limits.hpp"

#include <algorithm>

namespace sallyport {
namespace {

/// A laptop knows a few networks at a time.
constexpr std::size_t kMaxWays = 16;

}  // namespace

SegmentLimit PathLimits::of(const Way& way, TimePoint now) const {
  const auto found = ways_.find(way);
  return found == ways_.end() || now >= found->second.until ? std::nullopt : found->second.limit;
}

bool PathLimits::note_swallowed(const OuterPath& path, TimePoint now) {
  if (path.limit && *path.limit <= kLeast) {
    // Not the size, then: nothing is held against this way.
    ways_.erase(path.way);
    return false;
  }
  Known& known = at(path.way);
  if (!path.limit) known.kept = known.kept == Duration{} ? kFirstKept : std::min(known.kept * 2, kLongestKept);
  known.limit = path.limit ? kLeast : kSmall;
  known.until = now + std::max(known.kept, kFirstKept);
  return true;
}

void PathLimits::note_stalled(const OuterPath& path, TimePoint now) {
  if (path.limit) return;
  Known& known = at(path.way);
  known.limit = kSmall;
  known.until = now + kSuspected;
}

/// The one whose limit ended first makes room.
PathLimits::Known& PathLimits::at(const Way& way) {
  if (ways_.size() >= kMaxWays && !ways_.contains(way)) {
    ways_.erase(std::min_element(ways_.begin(), ways_.end(),
                                 [](const auto& a, const auto& b) { return a.second.until < b.second.until; }));
  }
  return ways_[way];
}

}  // namespace sallyport
