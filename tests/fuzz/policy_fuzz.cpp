// Loads a policy from any bytes ("\n%%\n" parts files). What loads must survive print and load unchanged; what does not
// must say why, in printable words.

#include "server/policy/explain.hpp"
#include "server/policy/loader.hpp"
#include "tests/unit/server/policy/printer.hpp"

#include <nlohmann/json.hpp>

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

void check_decisions(const Policy& policy, const Policy& again) {
  const Evidence evidence{UserId{"ana@example.com"}, DeviceId{"laptop-1"}, *IpAddress::parse("192.0.2.1"), kNever};
  const WallTime now{std::chrono::hours{500'000}};
  const auto rights = policy.rights_for(evidence, now);
  const auto rights_again = again.rights_for(evidence, now);
  const auto ranges = rights->reachable(now);
  require(ranges == rights_again->reachable(now));
  require(rights->valid_until(now) > now);
  for (const auto& range : ranges) {
    for (const auto& address : {range.first, range.last}) {
      const Destination destination{address, kProtocolTcp, 443};
      require(rights->judge(destination, now) == rights_again->judge(destination, now));
      require(to_json(explain(policy, evidence, destination, now)) != nullptr);
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
  check_decisions(*loaded->policy, *again->policy);
  return 0;
}
