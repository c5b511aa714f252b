#include "tests/support/large_policy.hpp"

#include <array>
#include <random>
#include <string>
#include <utility>

namespace sallyport::test {
namespace {

constexpr std::uint64_t kSeed = 20'261'127;

class Maker {
 public:
  explicit Maker(const LargePolicyShape& shape) : shape_{shape} {}

  PolicyDocument make() {
    document_.files.push_back("large.toml");
    add_teams();
    add_conditions();
    for (unsigned i = 0; i < shape_.rules; ++i) add_rule(i);
    return std::move(document_);
  }

 private:
  static NameUse name(std::string text) { return NameUse{std::move(text), {}}; }
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  void add_teams() {
    for (unsigned i = 0; i < shape_.teams; ++i) document_.groups.push_back({"team" + std::to_string(i), {}, {}});
    for (unsigned i = 0; i < shape_.people; ++i) {
      document_.groups[i % shape_.teams].members.push_back(name("p" + std::to_string(i) + "@example.com"));
    }
  }

  void add_conditions() {
    const auto zone = TimeZone::load("Europe/Madrid").value();
    document_.hours.push_back(
        {"working", {}, {{HoursWindow{0x1f, std::chrono::hours{8}, std::chrono::hours{19}}}, zone}});
    PostureCheck check;
    check.facts["disk_encrypted"] = true;
    check.reported_within = std::chrono::minutes{10};
    document_.postures.push_back({"healthy", {}, std::move(check)});
  }

  IpPrefix prefix() {
    if (below(4) == 0) {
      std::array<std::byte, 16> octets{std::byte{0xfd}};
      for (const std::size_t i : {5U, 6U, 7U, 15U}) octets[i] = static_cast<std::byte>(below(256));
      return IpPrefix::around(IpAddress::from_octets(octets), below(3) == 0 ? 64 : 128);
    }
    const auto address = IpAddress::v4(0x0a000000U + static_cast<std::uint32_t>(below(1U << 24U)));
    const std::array<unsigned, 8> lengths{32, 32, 32, 32, 32, 28, 24, 20};
    return IpPrefix::around(address, lengths[below(lengths.size())]);
  }

  void add_rule(unsigned number) {
    const auto id = std::to_string(number);
    PolicyResource resource{"r" + id, {}, {}, {}, {}};
    for (unsigned p = number; p < shape_.prefixes; p += shape_.rules) resource.prefixes.push_back(prefix());
    for (const char* service : {"22/tcp", "443/tcp", "8000-8100/tcp", "53/udp", "icmp"}) {
      if (below(2) == 0) resource.services.push_back(*parse_service(service));
    }
    if (resource.services.empty()) resource.services.push_back(*parse_service("443/tcp"));
    document_.resources.push_back(std::move(resource));
    PolicyRule rule;
    rule.kind = number % 10 == 9 ? RuleKind::Deny : RuleKind::Allow;
    rule.name = "x" + id;
    rule.who = {name("team" + std::to_string(number % shape_.teams))};
    rule.to = {name("r" + id)};
    if (below(7) == 0) rule.during = {name("working")};
    if (below(7) == 0) rule.posture = {name("healthy")};
    if (below(9) == 0) rule.key_age = std::chrono::minutes{5 + below(4)};
    if (below(9) == 0) rule.until = WallTime{std::chrono::hours{24} * (30'000 + below(500))};
    document_.rules.push_back(std::move(rule));
  }

  LargePolicyShape shape_;
  std::mt19937_64 random_{kSeed};
  PolicyDocument document_;
};

}  // namespace

PolicyDocument large_policy(const LargePolicyShape& shape) { return Maker{shape}.make(); }

Evidence known_person(unsigned number, WallTime now) {
  Evidence evidence{UserId{"p" + std::to_string(number) + "@example.com"}, DeviceId{"laptop-" + std::to_string(number)},
                    IpAddress::v4(0xc0000207U), kNever};
  evidence.key_proved = evidence.user_proved = evidence.revocation_as_of = now;
  evidence.posture.report.emplace();
  evidence.posture.report->facts["disk_encrypted"] = true;
  evidence.posture.reported = now;
  return evidence;
}

}  // namespace sallyport::test
