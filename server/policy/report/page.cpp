#include "common/base/version.hpp"
#include "server/policy/report/html.hpp"
#include "server/policy/report/page_parts.hpp"
#include "server/policy/report/policy_report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sallyport {
namespace {

std::string counted_text(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string head(const PolicyReport& report) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'sha256-{}'\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Access policy "
      "{}</title>\n<style>\n{}</style>\n</head>\n",
      page_script_digest(), report.policy->hash(), page_style());
}

std::string fact(std::string_view label, const std::string& markup) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", label, markup);
}

std::string rules_fact(const PolicyReport& report) {
  const auto rules = report.policy->rules();
  const auto denies =
      std::count_if(rules.begin(), rules.end(), [](const PolicyRule& rule) { return rule.kind == RuleKind::Deny; });
  const auto shadows =
      std::count_if(rules.begin(), rules.end(), [](const PolicyRule& rule) { return rule.rollout == Rollout::Shadow; });
  auto text = fmt::format("{} allow, {} deny", static_cast<std::ptrdiff_t>(rules.size()) - denies, denies);
  return shadows == 0 ? text : text + fmt::format("; {} of them in shadow", shadows);
}

std::string tests_fact(const PolicyReport& report) {
  const auto all = report.expectations.size();
  const auto failed = report.failed_expectations();
  if (all == 0) return "<strong>there are none</strong>";
  const auto tests = counted_text(report.document().tests.size(), "test") + ", " + counted_text(all, "expectation");
  if (failed == 0) return tests + ": all hold";
  return tests +
         fmt::format(": <strong>{} fail{}</strong>; a gateway refuses this policy", failed, failed == 1 ? "s" : "");
}

std::string coverage_fact(const PolicyReport& report) {
  constexpr std::size_t kMaxNamed = 10;
  const auto rules = report.untested_rules();
  if (rules.empty()) return "every enforced rule";
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(rules.size(), kMaxNamed); ++i) {
    const auto& rule = *report.policy->rule(rules[i]);
    names.push_back(html_link(id_of(rule), id_of(rule)));
  }
  auto text = fmt::format("<strong>{} without a test</strong>: ", counted_text(rules.size(), "rule")) +
              html_joined(names, ", ");
  return rules.size() > kMaxNamed ? text + fmt::format(" and {} more", rules.size() - kMaxNamed) : text;
}

std::string header(const PolicyReport& report) {
  return "<body>\n<header>\n<h1>Access policy</h1>\n<dl class=\"facts\">\n" +
         fact("As of", "<time>" + format_utc(report.at) + "</time>") +
         fact("Policy", "<code>" + report.policy->hash() + "</code>") +
         fact("From", "<code>" + html_text(report.directory) + "</code>, " + counted_text(report.files, "file")) +
         fact("Rules", rules_fact(report)) + fact("Tests", tests_fact(report)) + fact("Tested", coverage_fact(report)) +
         "</dl>\n<nav aria-label=\"Parts of this page\"><ul><li><a href=\"#matrix\">Who reaches what</a></li>"
         "<li><a href=\"#rules\">Rules</a></li><li><a href=\"#tests\">Tests</a></li>"
         "<li><a href=\"#names\">What the names mean</a></li></ul></nav>\n</header>\n";
}

}  // namespace

std::string to_html(const PolicyReport& report) {
  return head(report) + header(report) + "<main>\n" + matrix_part(report) + rules_part(report) + tests_part(report) +
         names_part(report) + "</main>\n" +
         fmt::format("<footer><p>What no rule allows is refused. Written by sallyportctl {}.</p></footer>\n",
                     product_version()) +
         "<script>" + std::string{page_script()} + "</script>\n</body>\n</html>\n";
}

}  // namespace sallyport
