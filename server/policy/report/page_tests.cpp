#include "server/policy/age_limit.hpp"
#include "server/policy/diagnostic_list.hpp"
#include "server/policy/report/html.hpp"
#include "server/policy/report/page_parts.hpp"
#include "server/policy/report/rule_words.hpp"

#include <fmt/format.h>

namespace sallyport {
namespace {

/// What a test fixes beside the person; what it leaves open is unknown.
std::string circumstances(const PolicyTest& test) {
  std::vector<std::string> pieces;
  if (!test.device.empty()) pieces.push_back("on " + test.device);
  if (!test.from.is_unspecified()) pieces.push_back("from " + test.from.to_string());
  if (test.at) pieces.push_back("at " + format_utc(*test.at));
  if (test.posture && test.posture->empty()) pieces.emplace_back("failing every posture check");
  if (test.posture && !test.posture->empty()) pieces.push_back("passing " + html_joined(texts_of(*test.posture), ", "));
  if (test.proof) pieces.push_back("presence proved " + age_to_text(*test.proof) + " ago");
  return pieces.empty() ? "nothing else known" : html_joined(pieces, "; ");
}

class TestsPart {
 public:
  explicit TestsPart(const PolicyReport& report) : report_{report}, document_{report.document()} {}

  std::string run() const {
    std::string out = "<section id=\"tests\"><h2>Tests</h2>\n";
    if (report_.expectations.empty()) {
      return out + "<p>The policy has no tests: nothing guards it against a mistake.</p></section>\n";
    }
    out +=
        "<div class=\"scroll\" role=\"region\" aria-label=\"Tests\" tabindex=\"0\"><table class=\"tests\">\n"
        "<caption>Every expectation of the policy's own tests</caption>\n<thead><tr><th scope=\"col\">Expectation</th>"
        "<th scope=\"col\">Given</th><th scope=\"col\">Outcome</th><th scope=\"col\">Decided by</th>"
        "<th scope=\"col\">Written at</th></tr></thead>\n<tbody>\n";
    const ExpectationResult* before = nullptr;
    for (const auto& result : report_.expectations) {
      out += row(result, before == nullptr || before->test != result.test);
      before = &result;
    }
    return out + "</tbody></table></div></section>\n";
  }

 private:
  std::string row(const ExpectationResult& result, bool first_of_test) const {
    const auto& test = document_.tests[result.test];
    const auto id = first_of_test ? fmt::format(" id=\"{}\"", id_of_test(result.test)) : std::string{};
    return fmt::format(
        "<tr{}><th scope=\"row\">{}</th><td>{}</td><td class=\"{}\">{}</td><td>{}</td><td><code>{}</code></td></tr>\n",
        id, html_text(expectation_words(report_, result)), html_text(circumstances(test)),
        result.passed() ? "allowed" : "denied", outcome(result), deciders(result),
        html_text(place_text(report_, target_of(result).place)));
  }

  const NameUse& target_of(const ExpectationResult& result) const {
    const auto& test = document_.tests[result.test];
    return (result.expected == Verdict::Allow ? test.can : test.cannot)[result.target];
  }

  static std::string outcome(const ExpectationResult& result) {
    if (result.passed()) return "<span aria-hidden=\"true\">\xe2\x9c\x93</span> holds";
    std::string out =
        "<strong><span aria-hidden=\"true\">\xe2\x9c\x95</span> fails</strong>: " + html_text(result.failure->message);
    return result.failure->hint.empty() ? out : out + " (" + html_text(result.failure->hint) + ')';
  }

  std::string deciders(const ExpectationResult& result) const {
    std::vector<std::string> pieces;
    for (const auto rule : result.rules) {
      const auto& written = *report_.policy->rule(rule);
      pieces.push_back(html_link(id_of(written), title_of(written)));
    }
    return pieces.empty() ? "no rule allows it" : html_joined(pieces, ", ");
  }

  const PolicyReport& report_;
  const PolicyDocument& document_;
};

}  // namespace

std::string tests_part(const PolicyReport& report) { return TestsPart{report}.run(); }

std::string id_of(const PolicyRule& rule) { return std::string{name_of(rule.kind)} + '.' + rule.name; }

std::string id_of_test(std::uint32_t test) { return "test." + std::to_string(test + 1); }

std::string place_text(const PolicyReport& report, const Place& place) {
  return file_name(report.document(), place) + ':' + std::to_string(place.line);
}

std::string expectation_words(const PolicyReport& report, const ExpectationResult& result) {
  const auto& test = report.document().tests[result.test];
  const bool can = result.expected == Verdict::Allow;
  return test.as + (can ? " can reach " : " cannot reach ") + (can ? test.can : test.cannot)[result.target].text;
}

}  // namespace sallyport
