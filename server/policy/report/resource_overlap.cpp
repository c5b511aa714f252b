#include "server/policy/report/resource_overlap.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace sallyport {
namespace {

struct Owned {
  IpPrefix prefix;
  std::uint32_t resource;
  std::uint32_t place = 0;  ///< in the sorted list
};

/// How two resources lie: by prefixes of the second that lie in the first, and whether they meet at all.
struct Meeting {
  std::size_t prefixes_inside = 0;
  std::uint32_t last_counted = 0;  ///< 1 + place of the last of them: one that lies in two prefixes counts once
};
using Meetings = std::map<std::pair<std::uint32_t, std::uint32_t>, Meeting>;

bool services_meet(const PolicyResource& a, const PolicyResource& b) {
  return std::any_of(a.services.begin(), a.services.end(), [&b](const ServiceRange& x) {
    return std::any_of(b.services.begin(), b.services.end(),
                       [&x](const ServiceRange& y) { return x.first <= y.last && y.first <= x.last; });
  });
}

bool services_lie_in(const PolicyResource& outer, const PolicyResource& inner) {
  return std::all_of(inner.services.begin(), inner.services.end(), [&outer](const ServiceRange& x) {
    return std::any_of(outer.services.begin(), outer.services.end(),
                       [&x](const ServiceRange& y) { return y.first <= x.first && x.last <= y.last; });
  });
}

std::vector<Owned> sorted_prefixes(const std::vector<PolicyResource>& resources) {
  std::vector<Owned> all;
  for (std::uint32_t i = 0; i < resources.size(); ++i) {
    for (const auto& prefix : resources[i].prefixes) all.push_back({prefix, i});
  }
  std::sort(all.begin(), all.end(), [](const Owned& a, const Owned& b) { return a.prefix < b.prefix; });
  for (std::uint32_t place = 0; place < all.size(); ++place) all[place].place = place;
  return all;
}

/// Prefixes nest or are apart: those that hold one are on the stack when it comes by. False: too many meetings.
bool collect(const std::vector<Owned>& prefixes, Meetings& meetings) {
  std::vector<Owned> around;
  const auto meet = [&](std::uint32_t outer, const Owned& inner) {
    auto& meeting = meetings[{outer, inner.resource}];
    if (meeting.last_counted == inner.place + 1) return;
    meeting.last_counted = inner.place + 1;
    ++meeting.prefixes_inside;
  };
  for (const auto& each : prefixes) {
    while (!around.empty() && !around.back().prefix.contains(each.prefix)) around.pop_back();
    for (const auto& outer : around) {
      if (outer.resource == each.resource) continue;
      meet(outer.resource, each);
      if (outer.prefix == each.prefix)
        meet(each.resource, outer);
      else
        meetings.try_emplace({each.resource, outer.resource});  // they meet, but the outer one does not lie inside
    }
    if (meetings.size() > 2 * ResourceOverlaps::kMaxPairs) return false;
    around.push_back(each);
  }
  return true;
}

}  // namespace

ResourceOverlaps::ResourceOverlaps(const std::vector<PolicyResource>& resources) : overlaps_(resources.size()) {
  Meetings meetings;
  complete_ = collect(sorted_prefixes(resources), meetings);
  for (const auto& [pair, meeting] : meetings) {
    const auto& outer = resources[pair.first];
    const auto& inner = resources[pair.second];
    if (!services_meet(outer, inner)) continue;
    const bool whole = meeting.prefixes_inside >= inner.prefixes.size() && services_lie_in(outer, inner);
    overlaps_[pair.first].push_back({pair.second, whole});
  }
}

}  // namespace sallyport
