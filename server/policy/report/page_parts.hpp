#pragma once

#include "server/policy/report/policy_report.hpp"

#include <string>

namespace sallyport {

// The parts of the page, each a piece of markup.

/// What stands in <style>.
[[nodiscard]] std::string_view page_style() noexcept;
/// What stands in <script>: folding and finding, nothing that is needed to read.
[[nodiscard]] std::string_view page_script() noexcept;
/// Its SHA-256 in base64, for the page's own content security policy.
[[nodiscard]] std::string_view page_script_digest() noexcept;

/// Who reaches what: tables of few columns each.
[[nodiscard]] std::string matrix_part(const PolicyReport& report);
[[nodiscard]] std::string rules_part(const PolicyReport& report);
[[nodiscard]] std::string tests_part(const PolicyReport& report);
/// Groups, resources, networks, hours and posture checks.
[[nodiscard]] std::string names_part(const PolicyReport& report);

// Names of the elements that links lead to.

[[nodiscard]] std::string id_of(const PolicyRule& rule);
[[nodiscard]] std::string id_of_test(std::uint32_t test);

/// "policy.d/10.toml:12"
[[nodiscard]] std::string place_text(const PolicyReport& report, const Place& place);

/// "bo@example.com can reach git:22/tcp"
[[nodiscard]] std::string expectation_words(const PolicyReport& report, const ExpectationResult& result);

}  // namespace sallyport
