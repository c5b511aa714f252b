#include "server/policy/analysis/region.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

ServiceSet unite(const ServiceSet& a, const ServiceSet& b) {
  std::vector<ServiceRange> all = a;
  all.insert(all.end(), b.begin(), b.end());
  return service_set(all);
}

ServiceSet intersect(const ServiceSet& a, const ServiceSet& b) {
  ServiceSet found;
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end(); (i->last < j->last) ? ++i : ++j) {
    const ServiceRange shared{std::max(i->first, j->first), std::min(i->last, j->last)};
    if (shared.first <= shared.last) found.push_back(shared);
  }
  return found;
}

ServiceSet subtract(const ServiceSet& a, const ServiceSet& b) {
  ServiceSet left;
  for (auto range : a) {
    bool gone = false;
    for (const auto& cut : b) {
      if (cut.last < range.first || range.last < cut.first) continue;
      if (range.first < cut.first) left.push_back({range.first, cut.first - 1});
      gone = cut.last >= range.last;
      if (gone) break;
      range.first = cut.last + 1;
    }
    if (!gone) left.push_back(range);
  }
  return left;
}

struct OfFamily {
  bool operator()(const Band& band, unsigned version) const { return band.addresses.version < version; }
  bool operator()(unsigned version, const Band& band) const { return version < band.addresses.version; }
};

}  // namespace

ServiceSet service_set(std::span<const ServiceRange> ranges) {
  std::vector<ServiceRange> sorted{ranges.begin(), ranges.end()};
  std::sort(sorted.begin(), sorted.end());
  ServiceSet set;
  for (const auto& range : sorted) {
    if (!set.empty() && range.first <= set.back().last + 1)
      set.back().last = std::max(set.back().last, range.last);
    else
      set.push_back(range);
  }
  return set;
}

Region Region::of(std::span<const IpPrefix> prefixes, std::span<const ServiceRange> services) {
  const auto set = service_set(services);
  std::vector<LayerStretch> stretches;
  for (const auto& prefix : prefixes) stretches.push_back({stretch_of(prefix), 0});
  Region region;
  sweep_addresses(stretches, [&](const AddressStretch& piece, const std::vector<std::uint32_t>& layers) {
    if (!layers.empty()) region.append({piece, set});
  });
  return region;
}

Region Region::everywhere(const ServiceSet& services) {
  Region region;
  for (const unsigned version : {4U, 6U}) region.append({all_addresses(version), services});
  return region;
}

void Region::append(Band band) {
  if (band.services.empty()) return;
  if (!bands_.empty()) {
    auto& before = bands_.back();
    const bool touches = before.addresses.version == band.addresses.version &&
                         before.addresses.last.next() == band.addresses.first && before.services == band.services;
    if (touches) {
      before.addresses.last = band.addresses.last;
      return;
    }
  }
  bands_.push_back(std::move(band));
}

bool Region::contains(const Destination& destination) const {
  const auto version = destination.address.version();
  const auto key = AddressKey::of(destination.address);
  const auto after =
      std::upper_bound(bands_.begin(), bands_.end(), std::pair{version, key}, [](const auto& wanted, const Band& band) {
        return wanted < std::pair{band.addresses.version, band.addresses.first};
      });
  if (after == bands_.begin()) return false;
  const auto& band = *(after - 1);
  if (band.addresses.version != version || band.addresses.last < key) return false;
  const auto service = service_key(destination);
  return std::any_of(band.services.begin(), band.services.end(),
                     [service](const ServiceRange& range) { return range.contains(service); });
}

/// Each address has at most one band on each side.
template <class Combine>
Region Region::combined(const Region& other, Combine combine) const {
  std::vector<const Band*> all;
  std::vector<LayerStretch> stretches;
  for (const auto* region : {this, &other}) {
    for (const auto& band : region->bands_) {
      stretches.push_back({band.addresses, static_cast<std::uint32_t>(all.size())});
      all.push_back(&band);
    }
  }
  const ServiceSet nothing;
  Region result;
  sweep_addresses(stretches, [&](const AddressStretch& piece, const std::vector<std::uint32_t>& layers) {
    const ServiceSet* mine = &nothing;
    const ServiceSet* theirs = &nothing;
    for (const auto layer : layers) (layer < bands_.size() ? mine : theirs) = &all[layer]->services;
    result.append({piece, combine(*mine, *theirs)});
  });
  return result;
}

std::pair<std::size_t, std::size_t> Region::span_around(const Region& other, unsigned version) const {
  const auto theirs = std::equal_range(other.bands_.begin(), other.bands_.end(), version, OfFamily{});
  if (theirs.first == theirs.second) return {0, 0};
  const auto mine = std::equal_range(bands_.begin(), bands_.end(), version, OfFamily{});
  const auto& first = theirs.first->addresses.first;
  const auto& last = (theirs.second - 1)->addresses.last;
  const auto begin =
      std::partition_point(mine.first, mine.second, [&](const Band& band) { return band.addresses.last < first; });
  const auto end =
      std::partition_point(begin, mine.second, [&](const Band& band) { return !(last < band.addresses.first); });
  return {static_cast<std::size_t>(begin - bands_.begin()), static_cast<std::size_t>(end - bands_.begin())};
}

Region Region::around(const Region& other) const {
  Region found;
  for (const unsigned version : {4U, 6U}) {
    const auto [first, last] = span_around(other, version);
    found.bands_.insert(found.bands_.end(), bands_.begin() + static_cast<std::ptrdiff_t>(first),
                        bands_.begin() + static_cast<std::ptrdiff_t>(last));
  }
  return found;
}

void Region::remove(const Region& other) {
  for (const unsigned version : {4U, 6U}) {
    auto [first, last] = span_around(other, version);
    if (first == last) continue;
    // What is left may join the neighbours.
    first -= first == 0 ? 0 : 1;
    last += last == bands_.size() ? 0 : 1;
    const auto begin = bands_.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = bands_.begin() + static_cast<std::ptrdiff_t>(last);
    Region piece;
    piece.bands_.assign(begin, end);
    auto left = piece.without(other);
    bands_.insert(bands_.erase(begin, end), left.bands_.begin(), left.bands_.end());
  }
}

Region Region::united(const Region& other) const { return combined(other, unite); }
Region Region::without(const Region& other) const { return combined(other, subtract); }
Region Region::within(const Region& other) const { return combined(other, intersect); }

}  // namespace sallyport
