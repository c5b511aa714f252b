#pragma once

#include "common/base/diagnostic.hpp"
#include "server/policy/policy.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace sallyport {

/// What one target of `can` or `cannot` in a [[test]] came to.
struct ExpectationResult {
  std::uint32_t test = 0;    ///< index into PolicyDocument::tests
  std::uint32_t target = 0;  ///< index into its `can` or, when a denial is expected, its `cannot`
  Verdict expected = Verdict::Deny;
  /// The rules that decided about the target's addresses: sorted, each once. Empty: no rule matched.
  std::vector<RuleIndex> rules;
  std::optional<Diagnostic> failure;

  [[nodiscard]] bool passed() const noexcept { return !failure; }
};

/// What a test takes for known. Key and revocation are looked at all the time, so it takes them for fresh.
[[nodiscard]] Evidence evidence_of(const PolicyTest& test);
/// The moment a test speaks of; without a date it is before every `until`.
[[nodiscard]] WallTime moment_of(const PolicyTest& test);

/// What the expectation is about, as written.
[[nodiscard]] const NameUse& target_of(const PolicyDocument& document, const ExpectationResult& result);

/// Runs the tests inside the policy's own files: every expectation in the order of the document.
[[nodiscard]] std::vector<ExpectationResult> run_expectations(const Policy& policy);

/// One diagnostic for each expectation that does not hold.
[[nodiscard]] Diagnostics run_policy_tests(const Policy& policy);

}  // namespace sallyport
