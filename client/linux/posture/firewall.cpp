#include "client/linux/posture/collectors.hpp"
#include "client/posture/nft_ruleset.hpp"
#include "common/base/process.hpp"

namespace sallyport {
namespace {

/// A ruleset of a machine with thousands of containers; more is not read.
constexpr std::size_t kMaxRuleset = 8U << 20U;

/// Rules of the older iptables are not in what nft lists.
bool has_legacy_rules(const SystemRoot& root) {
  for (const auto* tables : {"/proc/net/ip_tables_names", "/proc/net/ip6_tables_names"}) {
    if (root.read(tables).value_or("").find("filter") != std::string::npos) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> run_nft() {
  auto ran = run_process(
      {.argv = {"nft", "-j", "list", "ruleset"}, .deadline = std::chrono::seconds{2}, .output_limit = kMaxRuleset});
  if (!ran || ran->exit_code != 0) return std::nullopt;
  return std::move(ran->output);
}

PostureFact collect_firewall(const SystemRoot& root, const ReadRuleset& ruleset) {
  PostureFact fact{std::nullopt, "the input chains of nft list ruleset"};
  const auto text = ruleset();
  if (!text) return fact;
  fact.value = has_input_wall(*text, !root.read("/proc/net/if_inet6").value_or("").empty());
  if (fact.value == false && has_legacy_rules(root))
    fact = {std::nullopt, "iptables-legacy rules, which are not judged"};
  return fact;
}

}  // namespace sallyport
