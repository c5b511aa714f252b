#include "server/policy/analysis/rule_places.hpp"

#include "server/policy/services.hpp"

#include <algorithm>

namespace sallyport {

bool leads_to(const ResolvedPolicy& policy, const ResolvedRule& rule, const Destination& destination) {
  const auto key = service_key(destination);
  return rule.to_any || std::any_of(rule.resources.begin(), rule.resources.end(), [&](std::uint32_t index) {
           const auto& resource = policy.document.resources[index];
           return std::any_of(resource.prefixes.begin(), resource.prefixes.end(),
                              [&](const IpPrefix& prefix) { return prefix.contains(destination.address); }) &&
                  std::any_of(resource.services.begin(), resource.services.end(),
                              [key](const ServiceRange& range) { return range.contains(key); });
         });
}

}  // namespace sallyport
