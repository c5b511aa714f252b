#include "server/policy/analysis/warnings.hpp"

#include "server/policy/limits.hpp"

#include <algorithm>
#include <tuple>

namespace sallyport {

std::string rule_name(const PolicyRule& rule) { return '[' + std::string{name_of(rule.kind)} + '.' + rule.name + ']'; }

PolicyWarnings find_warnings(const Policy& policy, const std::vector<ExpectationResult>& results, WallTime now) {
  PolicyWarnings warnings;
  append_rule_warnings(policy, now, warnings);
  append_resource_warnings(policy, warnings);
  append_test_warnings(policy, results, warnings);
  const auto place = [](const PolicyWarning& w) {
    return std::tie(w.what.file, w.what.line, w.what.column, w.code, w.what.message);
  };
  std::sort(warnings.begin(), warnings.end(), [&place](const auto& a, const auto& b) { return place(a) < place(b); });
  if (warnings.size() > kMaxPolicyErrors) {
    const auto rest = warnings.size() - kMaxPolicyErrors;
    warnings.resize(kMaxPolicyErrors);
    warnings.push_back(
        {WarningCode::TooIntricate, {{}, 0, 0, std::to_string(rest) + " more warnings are not shown", {}}});
  }
  return warnings;
}

}  // namespace sallyport
