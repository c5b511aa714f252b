#include "server/policy/report/resource_overlap.hpp"

#include <algorithm>
#include <iterator>
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

bool services_lie_in(const ServiceSet& outer, const ServiceSet& inner) {
  return std::all_of(inner.begin(), inner.end(), [&outer](const ServiceRange& x) {
    return std::any_of(outer.begin(), outer.end(),
                       [&x](const ServiceRange& y) { return y.first <= x.first && x.last <= y.last; });
  });
}

bool band_lies_in(const Region& outer, const AddressStretch& inner) {
  const auto& bands = outer.bands();
  const auto after =
      std::upper_bound(bands.begin(), bands.end(), inner, [](const AddressStretch& wanted, const Band& band) {
        return std::pair{wanted.version, wanted.first} < std::pair{band.addresses.version, band.addresses.first};
      });
  if (after == bands.begin()) return false;
  const auto& found = std::prev(after)->addresses;
  return found.version == inner.version && inner.last <= found.last;
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
  for (const auto& each : resources) regions_.push_back(Region::of(each.prefixes, each.services));
  Meetings meetings;
  complete_ = collect(sorted_prefixes(resources), meetings);
  for (const auto& [pair, meeting] : meetings) {
    const auto [outer, inner] = pair;
    if (!services_meet(resources[outer], resources[inner])) continue;
    // One prefix that holds none of the other's prefixes cannot hold it in pieces.
    const bool may_hold =
        meeting.prefixes_inside >= resources[inner].prefixes.size() || resources[outer].prefixes.size() > 1;
    overlaps_[outer].push_back({inner, may_hold && lies_in(inner, outer)});
  }
}

/// A resource is every one of its addresses with every one of its services.
bool ResourceOverlaps::lies_in(std::uint32_t inner, std::uint32_t outer) const {
  const auto& bands = regions_[inner].bands();
  const auto& around = regions_[outer];
  if (bands.empty() || around.empty()) return false;
  return services_lie_in(around.bands().front().services, bands.front().services) &&
         std::all_of(bands.begin(), bands.end(),
                     [&around](const Band& band) { return band_lies_in(around, band.addresses); });
}

bool ResourceOverlaps::lies_in(std::uint32_t resource, const std::vector<std::uint32_t>& others) {
  Region left = regions_[resource];
  for (const auto other : others) {
    if (left.empty()) break;
    bands_compared_ += left.bands().size() + regions_[other].bands().size();
    if (bands_compared_ > kMaxBands) return false;
    left = left.without(regions_[other]);
  }
  return left.empty();
}

}  // namespace sallyport
