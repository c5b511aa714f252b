#include "server/policy/targets.hpp"

#include "server/policy/diagnostic_list.hpp"
#include "server/policy/name_index.hpp"
#include "server/policy/resolved_policy.hpp"

namespace sallyport {
namespace {

Result<std::vector<Destination>, TargetError> expand_resource(const PolicyResource& resource,
                                                              std::string_view service) {
  // An address in front turns the service into a destination, and one parser reads both.
  const auto pattern = Destination::parse("0.0.0.0" + std::string{service});
  if (!pattern) {
    return fail(TargetError{"cannot read " + quote(resource.name + std::string{service}),
                            "write " + resource.name + ":443/tcp or " + resource.name + "/icmp"});
  }
  std::vector<Destination> found;
  const auto add = [&](const IpAddress& address) {
    const bool icmp = pattern->protocol == kProtocolIcmp && !address.is_v4();
    found.push_back(Destination{address, icmp ? kProtocolIcmpV6 : pattern->protocol, pattern->port});
  };
  for (const auto& prefix : resource.prefixes) {
    add(prefix.first());
    if (prefix.first() != prefix.last()) add(prefix.last());
  }
  return found;
}

}  // namespace

Result<std::vector<Destination>, TargetError> expand_target(const Policy& policy, std::string_view text) {
  auto destination = Destination::parse(text);
  if (destination) return std::vector<Destination>{*destination};
  const auto end = text.find_first_of(":/");
  const auto name = text.substr(0, end);
  if (text.starts_with('[') || IpAddress::parse(name) || end == 0) return fail(TargetError{destination.error(), {}});
  NameIndex resources{policy.resolved().document.resources};
  const auto found = resources.find(name);
  if (!found) {
    const bool is_host = name.find('.') != std::string_view::npos;
    return fail(TargetError{
        "no resource " + quote(name),
        is_host ? "host names are not looked up: give the address or a resource" : resources.suggestion(name)});
  }
  const auto service = end == std::string_view::npos ? std::string_view{} : text.substr(end);
  return expand_resource(policy.resolved().document.resources[*found], service);
}

}  // namespace sallyport
