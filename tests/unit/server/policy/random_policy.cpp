#include "tests/unit/server/policy/random_policy.hpp"

#include <array>
#include <cstdlib>
#include <utility>

namespace sallyport {
namespace {

constexpr std::array<std::uint16_t, 7> kPorts{0, 1, 22, 80, 443, 444, 65535};
constexpr std::array<std::uint8_t, 9> kProtocols{1, 6, 6, 6, 6, 17, 17, 58, 47};
constexpr std::array<unsigned, 8> kHostBits{0, 1, 2, 3, 4, 5, 16, 32};

}  // namespace

std::size_t RandomPolicy::below(std::size_t bound) { return static_cast<std::size_t>(engine_() % bound); }

WallTime RandomPolicy::time() {
  return WallTime{std::chrono::seconds{1'000'000 + static_cast<std::int64_t>(below(12))}};
}

IpAddress RandomPolicy::address() {
  const auto low = static_cast<std::byte>(below(20));
  if (chance(3)) return *IpAddress::parse(chance(50) ? "0.0.0.0" : "255.255.255.255");
  if (chance(3)) return *IpAddress::parse(chance(50) ? "::" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  if (chance(60)) return IpAddress::from_octets(std::array{std::byte{10}, std::byte{0}, std::byte{0}, low});
  std::array<std::byte, 16> octets{std::byte{0xfd}};
  octets[7] = static_cast<std::byte>(below(2));  // both halves of an address take part in comparisons
  octets[15] = low;
  return IpAddress::from_octets(octets);
}

IpPrefix RandomPolicy::prefix() {
  const auto around = address();
  const auto host_bits = chance(2) ? around.bit_width() : kHostBits[below(kHostBits.size())];
  return IpPrefix::around(around, around.bit_width() - host_bits);
}

ServiceRange RandomPolicy::services() {
  if (chance(10)) return kAnyService;
  if (chance(15)) return {make_service_key(kProtocolIcmp, 0), make_service_key(kProtocolIcmp, 0xffff)};
  const std::uint8_t protocol = chance(75) ? kProtocolTcp : kProtocolUdp;
  auto first = kPorts[below(kPorts.size())];
  auto last = chance(50) ? first : kPorts[below(kPorts.size())];
  if (first > last) std::swap(first, last);
  return {make_service_key(protocol, first), make_service_key(protocol, last)};
}

Destination RandomPolicy::destination() {
  const auto protocol = kProtocols[below(kProtocols.size())];
  const bool ported = protocol == kProtocolTcp || protocol == kProtocolUdp;
  return {address(), protocol, ported ? kPorts[below(kPorts.size())] : std::uint16_t{0}};
}

std::string RandomPolicy::user() { return "u" + std::to_string(below(5)) + "@example.com"; }

Evidence RandomPolicy::evidence() {
  return {UserId{chance(5) ? "" : user()}, DeviceId{chance(10) ? "" : "d" + std::to_string(below(4))},
          chance(15) ? IpAddress{} : address(), chance(70) ? kNever : time()};
}

template <class Items>
std::vector<NameUse> RandomPolicy::some_names(const Items& items) {
  std::vector<NameUse> names;
  do {
    names.push_back(NameUse{items[below(items.size())].name, {}});
  } while (chance(40));
  return names;
}

std::vector<NameUse> RandomPolicy::who(const PolicyDocument& document) {
  std::vector<NameUse> names;
  do {
    if (chance(25))
      names.push_back(NameUse{"everyone", {}});
    else if (chance(40) || document.groups.empty())
      names.push_back(NameUse{user(), {}});
    else
      names.push_back(NameUse{document.groups[below(document.groups.size())].name, {}});
  } while (chance(30));
  return names;
}

PolicyRule RandomPolicy::rule(const PolicyDocument& document, RuleKind kind, const std::string& name) {
  PolicyRule rule;
  rule.kind = kind;
  rule.name = name;
  rule.who = who(document);
  rule.to = some_names(document.resources);
  if (kind == RuleKind::Deny && chance(10)) rule.to.push_back(NameUse{"any", {}});
  if (!document.networks.empty() && chance(20)) rule.from = some_names(document.networks);
  if (!document.networks.empty() && chance(20)) rule.not_from = some_names(document.networks);
  if (chance(20)) rule.devices = {NameUse{"d" + std::to_string(below(4)), {}}, NameUse{"d1", {}}};
  if (chance(40)) rule.until = time();
  if (chance(20)) rule.why = "ticket \"4411\"\n\\ \x7f";
  return rule;
}

PolicyDocument RandomPolicy::document() {
  PolicyDocument document;
  document.files.push_back("random.toml");
  for (std::size_t i = 0, n = below(4); i < n; ++i) {
    PolicyGroup group{"g" + std::to_string(i), {}, {}};
    while (chance(60)) group.members.push_back(NameUse{chance(5) ? "everyone" : user(), {}});
    if (i > 0 && chance(50)) group.members.push_back(NameUse{"g" + std::to_string(below(i)), {}});
    document.groups.push_back(std::move(group));
  }
  for (std::size_t i = 0, n = below(3); i < n; ++i) {
    document.networks.push_back(PolicyNetwork{"n" + std::to_string(i), {}, {prefix(), prefix()}});
  }
  const bool large = chance(4);
  for (std::size_t i = 0, n = 1 + below(large ? 40 : 5); i < n; ++i) {
    PolicyResource resource{"r" + std::to_string(i), {}, {}, {}};
    do resource.prefixes.push_back(prefix());
    while (chance(50));
    do resource.services.push_back(services());
    while (chance(50));
    document.resources.push_back(std::move(resource));
  }
  for (std::size_t i = 0, n = below(large ? 80 : 12); i < n; ++i) {
    document.rules.push_back(rule(document, chance(65) ? RuleKind::Allow : RuleKind::Deny, "x" + std::to_string(i)));
  }
  shuffle(document.groups);
  shuffle(document.rules);
  return document;
}

std::uint64_t random_seed() {
  const char* fixed = std::getenv("SALLYPORT_TEST_SEED");
  return fixed != nullptr ? std::strtoull(fixed, nullptr, 10) : std::random_device{}();
}

}  // namespace sallyport
