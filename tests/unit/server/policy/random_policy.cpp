#include "tests/unit/server/policy/random_policy.hpp"

#include <array>
#include <cstdlib>
#include <utility>

namespace sallyport {
namespace {

constexpr std::array<std::uint16_t, 7> kPorts{0, 1, 22, 80, 443, 444, 65535};
constexpr std::array<std::uint8_t, 9> kProtocols{1, 6, 6, 6, 6, 17, 17, 58, 47};
/// 1970-01-12 13:46:54 UTC, a Monday: the universe of times crosses the minute 13:47.
constexpr std::int64_t kFirstSecond = 1'000'014;
constexpr std::array<unsigned, 6> kMinutes{0, 13 * 60 + 46, 13 * 60 + 47, 14 * 60 + 47, 19 * 60 + 17, 24 * 60};
constexpr std::array<const char*, 2> kProcesses{"falcon-sensor", "a \"b\""};
constexpr std::array<const char*, 2> kPaths{"/etc/corp/managed", "/opt/x y"};
constexpr std::array<const char*, 3> kFacts{"disk_encrypted", "firewall", "screen_lock"};
constexpr std::array<unsigned, 8> kHostBits{0, 1, 2, 3, 4, 5, 16, 32};

}  // namespace

RandomPolicy::RandomPolicy(std::uint64_t seed) : engine_{seed} {
  for (const auto* name : {"UTC", "Etc/UTC", "Europe/Madrid", "Asia/Kolkata"})
    zones_.push_back(TimeZone::load(name).value());
}

std::size_t RandomPolicy::below(std::size_t bound) { return static_cast<std::size_t>(engine_() % bound); }

WallTime RandomPolicy::time() {
  return WallTime{std::chrono::seconds{kFirstSecond + static_cast<std::int64_t>(below(12))}};
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
  Evidence evidence{UserId{chance(5) ? "" : user()}, DeviceId{chance(10) ? "" : "d" + std::to_string(below(4))},
                    chance(15) ? IpAddress{} : address(), chance(70) ? kNever : time()};
  evidence.key_proved = learned();
  evidence.user_proved = learned();
  evidence.revocation_as_of = learned();
  evidence.posture = posture();
  evidence.hours_known = !chance(5);
  return evidence;
}

Evidence RandomPolicy::session_evidence() {
  auto known = evidence();
  if (known.user.empty()) known.user = UserId{user()};
  if (known.device.empty()) known.device = DeviceId{"d" + std::to_string(below(4))};
  while (known.source.is_unspecified()) known.source = address();
  known.posture.satisfied.reset();
  known.hours_known = true;
  return known;
}

std::chrono::seconds RandomPolicy::age() { return std::chrono::seconds{1 + below(12)}; }

std::optional<WallTime> RandomPolicy::learned() {
  if (chance(25)) return std::nullopt;
  return time() - std::chrono::seconds{below(6)};
}

WeeklyHours RandomPolicy::hours() {
  WeeklyHours hours{{}, zones_[below(zones_.size())]};
  do {
    const auto from = kMinutes[below(kMinutes.size() - 1)];
    auto to = kMinutes[below(kMinutes.size())];
    if (to == from || to == 0) to = 24 * 60;
    hours.windows.push_back(
        HoursWindow{static_cast<std::uint8_t>(1 + below(127)), std::chrono::minutes{from}, std::chrono::minutes{to}});
  } while (chance(30));
  return hours;
}

PostureCheck RandomPolicy::posture_check() {
  PostureCheck check;
  do check.facts[kFacts[below(kFacts.size())]] = chance(80);
  while (chance(40));
  if (chance(20)) check.processes.insert(kProcesses[below(kProcesses.size())]);
  if (chance(20)) check.files.insert(kPaths[below(kPaths.size())]);
  if (chance(50)) check.reported_within = age();
  return check;
}

PostureEvidence RandomPolicy::posture() {
  PostureEvidence evidence;
  if (chance(25)) return evidence;
  if (chance(15)) {
    evidence.satisfied.emplace();
    if (chance(50)) evidence.satisfied->push_back("p" + std::to_string(below(3)));
    return evidence;
  }
  evidence.report.emplace();
  for (const auto* fact : kFacts) {
    if (chance(80)) evidence.report->facts[fact] = chance(75);
  }
  for (const auto* name : kProcesses) {
    if (chance(80)) evidence.report->processes[name] = chance(75);
  }
  for (const auto* path : kPaths) {
    if (chance(80)) evidence.report->files[path] = chance(75);
  }
  evidence.reported = time() - std::chrono::seconds{below(6)};
  return evidence;
}

void RandomPolicy::add_dated_conditions(const PolicyDocument& document, PolicyRule& rule) {
  if (!document.postures.empty() && chance(15)) rule.posture = some_names(document.postures);
  if (!document.hours.empty() && chance(15)) rule.during = some_names(document.hours);
  if (!document.hours.empty() && chance(15)) rule.outside = some_names(document.hours);
  if (chance(10)) rule.key_age = age();
  if (chance(10)) rule.proof_age = age();
  if (chance(10)) rule.revocation_age = age();
}

PolicyTest RandomPolicy::test(const PolicyDocument& document) {
  PolicyTest test;
  test.as = user();
  if (chance(50)) test.device = "d" + std::to_string(below(4));
  if (chance(30)) test.from = address();
  if (chance(50)) test.at = time();
  if (!document.postures.empty() && chance(50)) test.posture = some_names(document.postures);
  if (chance(50)) test.proof = age();
  test.cannot.push_back(NameUse{to_string(destination()), {}});
  return test;
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
  const auto& tagged = document.resources[below(document.resources.size())];
  if (!tagged.tags.empty() && chance(50)) rule.to.push_back(NameUse{"tag:" + tagged.tags.front(), {}});
  if (kind == RuleKind::Deny && chance(10)) rule.to.push_back(NameUse{"any", {}});
  if (!document.networks.empty() && chance(20)) rule.from = some_names(document.networks);
  if (!document.networks.empty() && chance(20)) rule.not_from = some_names(document.networks);
  if (chance(20)) rule.devices = {NameUse{"d" + std::to_string(below(4)), {}}, NameUse{"d1", {}}};
  add_dated_conditions(document, rule);
  if (chance(30)) rule.until = time();
  if (chance(10)) rule.rollout = Rollout::Shadow;
  if (chance(10)) rule.log = FlowLog::Flows;
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
  for (std::size_t i = 0, n = below(3); i < n; ++i) {
    document.hours.push_back(PolicyHours{"h" + std::to_string(i), {}, hours()});
  }
  for (std::size_t i = 0, n = below(3); i < n; ++i) {
    document.postures.push_back(PolicyPosture{"p" + std::to_string(i), {}, posture_check()});
  }
  const bool large = chance(4);
  for (std::size_t i = 0, n = 1 + below(large ? 40 : 5); i < n; ++i) {
    PolicyResource resource{"r" + std::to_string(i), {}, {}, {}, {}};
    while (chance(25)) resource.tags.push_back("t" + std::to_string(below(3)));
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
