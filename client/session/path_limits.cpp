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
  known.pending =
      std::clamp(path.limit ? std::max(known.pending, known.kept) : known.kept * 2, kFirstKept, kLongestKept);
  known.limit = path.limit ? kLeast : kSmall;
  known.until = now + kTried;
  return true;
}

void PathLimits::note_stalled(const OuterPath& path, TimePoint now) {
  if (path.limit || of(path.way, now)) return;
  Known& known = at(path.way);
  known.limit = kSmall;
  known.until = now + kTried;
  known.pending = kSuspected;
}

void PathLimits::note_cured(const OuterPath& path, TimePoint now) {
  const auto found = ways_.find(path.way);
  if (found == ways_.end() || !path.limit || !path.is_prompt) return;
  Known& known = found->second;
  if (known.pending == Duration{}) return;
  known.limit = path.limit;
  known.until = now + known.pending;
  if (known.pending >= kFirstKept) known.kept = known.pending;
  known.pending = {};
}

void PathLimits::note_recovered(const Way& way) {
  const auto found = ways_.find(way);
  if (found == ways_.end() || found->second.pending == Duration{}) return;
  found->second.until = TimePoint::min();
  found->second.pending = {};
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
