// Loads a policy from any bytes ("\n%%\n" parts files). What loads must survive print and load unchanged, and an answer
// must hold until its `valid_until`; what does not load must say why, in printable words. The time that any input may
// take is bounded by the limits of the language.

#include "server/policy/explain.hpp"
#include "server/policy/guard.hpp"
#include "server/policy/loader.hpp"
#include "tests/unit/server/policy/printer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace sallyport;

void require(bool condition) {
  if (!condition) std::abort();
}

std::vector<PolicyFile> split(std::string_view text) {
  constexpr std::string_view kBorder = "\n%%\n";
  std::vector<PolicyFile> files;
  while (true) {
    const auto end = text.find(kBorder);
    files.push_back(PolicyFile{std::to_string(files.size()) + ".toml", std::string{text.substr(0, end)}});
    if (end == std::string_view::npos) return files;
    text.remove_prefix(end + kBorder.size());
  }
}

void check_errors(const Diagnostics& errors) {
  require(!errors.empty() && errors.size() <= kMaxPolicyErrors + 1);
  for (const auto& error : errors) {
    require(!error.message.empty());
    for (const char c : error.message + error.hint) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
}

const WallTime kStart{std::chrono::hours{500'000}};  // 2027-01-15, a Friday

/// Nothing known, everything known and fresh, everything known and old, everything dated in the future.
std::vector<Evidence> some_evidence(const Policy& policy) {
  std::vector<Evidence> all{Evidence{UserId{"ana@example.com"}, DeviceId{"laptop-1"}, *IpAddress::parse("192.0.2.1")}};
  for (const auto age : {std::chrono::seconds{0}, std::chrono::seconds{86'400}, std::chrono::seconds{-60}}) {
    auto each = all[0];
    each.certificate_expires = kStart + std::chrono::hours{20'000};
    each.key_proved = each.user_proved = each.revocation_as_of = each.posture.reported = kStart - age;
    each.posture.report.emplace();
    for (const auto& posture : policy.resolved().document.postures) {
      for (const auto& [fact, value] : posture.check.facts) each.posture.report->facts[fact] = value;
      for (const auto& name : posture.check.processes) each.posture.report->processes[name] = true;
      for (const auto& path : posture.check.files) each.posture.report->files[path] = true;
    }
    all.push_back(std::move(each));
  }
  return all;
}

/// What a guard says holds until the second it names, and is asked a bounded number of times a year.
void check_guards(const Policy& policy, const Evidence& evidence) {
  const GuardJudge judge{policy.resolved(), evidence};
  for (const auto& guard : policy.resolved().guards) {
    WallTime now = kStart;
    for (int step = 0; step < 8; ++step) {
      const auto state = judge.state(guard, now);
      require(state.until > now);
      const auto last =
          (state.until == kNever ? now + std::chrono::hours{9'000} : state.until) - std::chrono::seconds{1};
      require(judge.state(guard, last).met == state.met);
      require(judge.state(guard, now + (last - now) / 2).met == state.met);
      if (state.until == kNever) break;
      now = state.until;
    }
  }
}

/// Asked anew at any second before `valid_until` the answer is the same.
void check_validity(const Policy& policy, const Evidence& evidence, const Destination& destination) {
  const auto decision = policy.rights_for(evidence, kStart)->judge(destination, kStart);
  require(decision.valid_until > kStart);
  const auto end = std::min(decision.valid_until, kStart + std::chrono::hours{9'000});
  for (const auto now : {end - std::chrono::seconds{1}, kStart + (end - kStart) / 2}) {
    const auto later = policy.rights_for(evidence, now)->judge(destination, now);
    require(later.verdict == decision.verdict && later.reason == decision.reason);
  }
}

void check_decisions(const Policy& policy, const Policy& again, const Evidence& evidence) {
  constexpr std::size_t kMostRanges = 4;
  const auto rights = policy.rights_for(evidence, kStart);
  const auto rights_again = again.rights_for(evidence, kStart);
  auto ranges = rights->reachable(kStart);
  require(ranges == rights_again->reachable(kStart));
  require(rights->valid_until(kStart) > kStart);
  if (ranges.size() > kMostRanges) ranges.resize(kMostRanges);
  for (const auto& range : ranges) {
    for (const auto& address : {range.first, range.last}) {
      const Destination destination{address, kProtocolTcp, 443};
      require(rights->judge(destination, kStart) == rights_again->judge(destination, kStart));
      require(to_json(explain(policy, evidence, destination, kStart)) != nullptr);
      check_validity(policy, evidence, destination);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto files = split({reinterpret_cast<const char*>(data), size});
  const auto loaded = load_policy_texts(files);
  if (!loaded) {
    check_errors(loaded.error());
    return 0;
  }
  const auto parsed = parse_policy(files);
  require(parsed.has_value());
  const auto again = load_policy_texts(print_policy_files(*parsed, 1, 0));
  require(again.has_value());
  require(loaded->policy->hash() == again->policy->hash());
  require(loaded->tests == again->tests);
  for (const auto& evidence : some_evidence(*loaded->policy)) {
    check_decisions(*loaded->policy, *again->policy, evidence);
    check_guards(*loaded->policy, evidence);
  }
  return 0;
}
