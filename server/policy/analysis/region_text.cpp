#include "server/policy/analysis/region_text.hpp"

#include "server/policy/condition_text.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace sallyport {
namespace {

constexpr ServiceKey kLastOfProtocol = 0xffffU;
/// Resources and bands looked at for all regions; beyond this, finding names takes longer than anybody waits.
constexpr std::size_t kMaxComparisons = 40'000'000;

/// A range that spans protocols, as only "any" without something leaves behind, is cut at each of them.
void append_service(const ServiceRange& range, std::vector<std::string>& out) {
  if (range == kAnyService) return out.push_back("any");
  const auto first = range.first >> 16U;
  const auto last = range.last >> 16U;
  if (first == last) return out.push_back(to_string(range));
  if (first < last && range.first != make_service_key(static_cast<std::uint8_t>(first), 0)) {
    out.push_back(to_string(ServiceRange{range.first, range.first | kLastOfProtocol}));
    return append_service({(first + 1) << 16U, range.last}, out);
  }
  if ((range.last & kLastOfProtocol) != kLastOfProtocol) {
    append_service({range.first, (last << 16U) - 1}, out);
    return out.push_back(to_string(ServiceRange{last << 16U, range.last}));
  }
  out.push_back("IP protocols " + std::to_string(first) + '-' + std::to_string(last));
}

Region of_resource(const PolicyResource& resource) { return Region::of(resource.prefixes, resource.services); }

/// The services with which the region holds every address of the resource; empty when that differs between them.
ServiceSet shared_services(const Region& region, const PolicyResource& resource) {
  const auto all = Region::of(resource.prefixes, std::vector{kAnyService});
  const auto here = region.within(of_resource(resource));
  if (here.empty()) return {};
  const auto services = here.bands().front().services;
  return here == all.within(Region::everywhere(services)) ? services : ServiceSet{};
}

}  // namespace

std::string to_string(const AddressStretch& stretch) {
  const auto [first, last] = stretch.range();
  for (unsigned length = 0; length <= first.bit_width(); ++length) {
    const auto prefix = IpPrefix::make(first, length);
    if (prefix && prefix->last() == last) return first == last ? first.to_string() : prefix->to_string();
  }
  return first.to_string() + '-' + last.to_string();
}

std::string to_string(const ServiceSet& services) {
  std::vector<std::string> texts;
  for (const auto& range : services) append_service(range, texts);
  return join_some(texts);
}

RegionNames::RegionNames(const std::vector<PolicyResource>& resources) : resources_{resources} {
  for (const auto& resource : resources) regions_.push_back(of_resource(resource));
}

const std::vector<RegionPart>& RegionNames::parts_of(const Region& region) {
  const auto [place, is_new] = known_.try_emplace(region);
  if (is_new) place->second = find_parts(region);
  return place->second;
}

std::vector<RegionPart> RegionNames::find_parts(const Region& region) {
  std::vector<RegionPart> parts;
  Region rest = region;
  for (const bool whole : {true, false}) {
    compared_ += resources_.size();
    for (std::size_t i = 0; i < resources_.size() && compared_ <= kMaxComparisons && !rest.empty(); ++i) {
      const auto& own = regions_[i];
      const auto there = region.around(own);
      if (there.empty() || own.within(rest.around(own)).empty()) continue;
      compared_ += 10 * (there.bands().size() + own.bands().size());
      if (own.without(there).empty() != whole) continue;
      const auto services = shared_services(there, resources_[i]);
      if (services.empty()) continue;
      parts.push_back({resources_[i].name, {}, whole ? std::string{} : to_string(services)});
      rest.remove(own);
    }
  }
  std::map<ServiceSet, std::vector<std::string>> by_services;
  for (const auto& band : rest.bands()) by_services[band.services].push_back(to_string(band.addresses));
  for (const auto& [services, addresses] : by_services) {
    for (const auto& each : addresses) parts.push_back({{}, each, to_string(services)});
  }
  return parts;
}

std::vector<RegionPart> parts_of(const Region& region, const std::vector<PolicyResource>& resources) {
  return RegionNames{resources}.parts_of(region);
}

std::string to_string(const RegionPart& part) {
  const auto& place = part.resource.empty() ? part.addresses : part.resource;
  return part.services.empty() || part.services == "any" ? place : place + " on " + part.services;
}

std::string to_string(const std::vector<RegionPart>& parts) {
  return join_each(parts, [](const RegionPart& part) { return to_string(part); });
}

std::string plain_text(const Region& region) { return to_string(parts_of(region, {})); }

}  // namespace sallyport
