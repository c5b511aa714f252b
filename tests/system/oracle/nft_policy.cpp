#include "tests/system/oracle/nft_policy.hpp"

#include "tests/unit/server/policy/naive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace sallyport::lab {
namespace {

/// Without privileges over the whole system, the kernel takes no more in one message than a socket's usual buffer
/// holds.
constexpr std::size_t kMostAtOnce = 100;

const char* family_of(const IpPrefix& prefix) { return prefix.network().is_v4() ? "ip" : "ip6"; }

std::string match_of(const IpPrefix& prefix) {
  if (prefix.length() == 0) return fmt::format("meta nfproto {}", prefix.network().is_v4() ? "ipv4" : "ipv6");
  return fmt::format("{} daddr {}", family_of(prefix), prefix.to_string());
}

std::string match_of(const ServiceRange& services, bool v4) {
  const unsigned protocol = services.first >> 16U;
  if (protocol == 0) return {};
  if (protocol == kProtocolIcmp) return v4 ? "meta l4proto icmp" : "meta l4proto ipv6-icmp";
  const char* name = protocol == kProtocolTcp ? "tcp" : "udp";
  return fmt::format("{} dport {}-{}", name, services.first & 0xffffU, services.last & 0xffffU);
}

std::string lines_for(const PolicyResource& resource, const char* verdict) {
  std::string lines;
  for (const auto& prefix : resource.prefixes) {
    for (const auto& services : resource.services) {
      lines += fmt::format("    {} {} {}\n", match_of(prefix), match_of(services, prefix.network().is_v4()), verdict);
    }
  }
  return lines;
}

bool names(const PolicyRule& rule, const PolicyResource& resource) {
  return std::any_of(rule.to.begin(), rule.to.end(), [&](const NameUse& name) {
    if (name.text == resource.name) return true;
    return std::any_of(resource.tags.begin(), resource.tags.end(),
                       [&](const std::string& tag) { return name.text == "tag:" + tag; });
  });
}

/// Whether the rule speaks of this person now, wherever it leads.
bool applies(const PolicyRule& rule, const PolicyDocument& document, const Evidence& evidence, WallTime now) {
  if (rule.rollout == Rollout::Shadow) return false;
  PolicyDocument wide = document;
  wide.resources = {{"all", {}, {*IpPrefix::parse("0.0.0.0/0")}, {kAnyService}, {}}};
  PolicyRule anywhere = rule;
  anywhere.to = {NameUse{"all", {}}};
  return naive_matches(wide, anywhere, evidence, {IpAddress::v4(0x0a000001U), kProtocolTcp, 1}, now);
}

std::string rules_of_kind(RuleKind kind, const PolicyDocument& document, const Evidence& evidence, WallTime now) {
  const char* verdict = kind == RuleKind::Allow ? "accept" : "drop";
  std::string lines;
  for (const auto& rule : document.rules) {
    if (rule.kind != kind || !applies(rule, document, evidence, now)) continue;
    const bool anywhere =
        std::any_of(rule.to.begin(), rule.to.end(), [](const NameUse& name) { return name.text == "any"; });
    if (anywhere) lines += fmt::format("    {}\n", verdict);
    for (const auto& resource : document.resources) {
      if (names(rule, resource)) lines += lines_for(resource, verdict);
    }
  }
  return lines;
}

}  // namespace

std::vector<std::string> nft_rules(const PolicyDocument& document, const Evidence& evidence, WallTime now) {
  const bool in_time = now < evidence.certificate_expires;
  std::vector<std::string> parts{R"(table inet oracle
delete table inet oracle
table inet oracle {
  chain person {
  }
  chain forward {
    type filter hook forward priority 0; policy drop;
    iifname "laptop" ip saddr != 10.99.0.2 drop
    iifname "laptop" ip6 saddr != fd12::2 drop
    iifname "laptop" meta l4proto { icmp, ipv6-icmp } ct state related accept
    iifname "laptop" jump person
    iifname "office" ip daddr != 10.99.0.2 drop
    iifname "office" ip6 daddr != fd12::2 drop
    iifname "office" ct state { established, related } accept
  }
}
)"};
  std::istringstream rules{rules_of_kind(RuleKind::Deny, document, evidence, now) +
                           (in_time ? rules_of_kind(RuleKind::Allow, document, evidence, now) : std::string{}) +
                           "    drop\n"};
  std::size_t size = kMostAtOnce;
  for (std::string rule; std::getline(rules, rule); ++size) {
    if (size == kMostAtOnce) {
      parts.emplace_back();
      size = 0;
    }
    parts.back() += "add rule inet oracle person" + rule + '\n';
  }
  return parts;
}

}  // namespace sallyport::lab
