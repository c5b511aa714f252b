#include "server/policy/report/html.hpp"
#include "server/policy/report/page_parts.hpp"
#include "server/policy/report/rule_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace sallyport {
namespace {

constexpr std::size_t kMaxListedTests = 20;

/// Where the values of a key are explained; empty when they explain themselves.
std::string_view section_of(std::string_view key) {
  if (key == "from" || key == "not_from") return "network.";
  if (key == "during" || key == "outside") return "hours.";
  return key == "posture" ? "posture." : "";
}

std::string value_markup(std::string_view section, const std::string& value) {
  return section.empty() ? html_text(value) : html_link(std::string{section} + value, value);
}

std::string who_markup(const std::string& name) {
  const bool is_group = name != "everyone" && name.find('@') == std::string::npos;
  return is_group ? html_link("group." + name, name) : html_text(name);
}

std::string to_markup(const std::string& name) {
  const bool is_resource = name != "any" && !name.starts_with("tag:");
  return is_resource ? html_link("resource." + name, name) : html_text(name);
}

template <class ToMarkup>
std::string names_markup(const std::vector<NameUse>& names, ToMarkup to_markup) {
  std::vector<std::string> pieces;
  for (const auto& name : names) pieces.push_back(to_markup(name.text));
  return html_joined(pieces, ", ");
}

std::string line(std::string_view label, const std::string& markup) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", label, markup);
}

class RulesPart {
 public:
  explicit RulesPart(const PolicyReport& report) : report_{report}, document_{report.document()} {}

  std::string run() const {
    std::string out = "<section id=\"rules\"><h2>Rules</h2>\n";
    if (document_.rules.empty()) out += "<p>There is no rule.</p>\n";
    RuleKind kind = RuleKind::Allow;
    for (std::uint32_t i = 0; i < document_.rules.size(); ++i) {
      const auto& rule = document_.rules[i];
      if (i == 0 || rule.kind != kind) out += rule.kind == RuleKind::Allow ? "<h3>Allow</h3>\n" : "<h3>Deny</h3>\n";
      kind = rule.kind;
      out += rule_markup(i);
    }
    return out + "</section>\n";
  }

 private:
  std::string rule_markup(std::uint32_t index) const {
    const auto& rule = document_.rules[index];
    std::string out = fmt::format("<details class=\"rule\" open id=\"{}\"><summary><code>{}</code> ",
                                  html_text(id_of(rule)), html_text(title_of(rule)));
    out += fmt::format("{} &rarr; {} {}</summary>\n<dl>", html_text(one_of(texts_of(rule.who))),
                       html_text(one_of(texts_of(rule.to))), badges(index));
    out += line("who", names_markup(rule.who, who_markup)) + line("to", names_markup(rule.to, to_markup));
    for (const auto& condition : conditions_of(rule)) out += line(condition.key, condition_markup(condition));
    if (!rule.why.empty()) out += line("why", "<bdi>" + html_text(rule.why) + "</bdi>");
    if (rule.log == FlowLog::Flows) out += line("log", "every flow is recorded");
    out += line("written at", "<code>" + html_text(place_text(report_, rule.place)) + "</code>");
    return out + line("tests", tests_markup(index)) + "</dl></details>\n";
  }

  std::string badges(std::uint32_t index) const {
    const auto& rule = document_.rules[index];
    std::string out;
    if (rule.rollout == Rollout::Shadow) out += "<span class=\"badge\">in shadow, not enforced</span> ";
    if (report_.has_ended(rule)) out += "<span class=\"badge\">ended</span> ";
    if (rule.rollout == Rollout::Enforce && report_.exercised_by[index].empty())
      out += "<span class=\"badge warn\">no test</span>";
    return out;
  }

  static std::string condition_markup(const RuleCondition& condition) {
    std::vector<std::string> pieces;
    for (const auto& value : condition.values) pieces.push_back(value_markup(section_of(condition.key), value));
    const bool is_age = condition.key.ends_with("_age");
    return (is_age                     ? "less than "
            : condition.key == "until" ? "before "
                                       : "") +
           html_joined(pieces, " or ") + (condition.always_met ? " (always met)" : "");
  }

  std::string tests_markup(std::uint32_t index) const {
    const auto& expectations = report_.exercised_by[index];
    if (expectations.empty()) return "no expectation is decided by this rule";
    std::vector<std::string> pieces;
    const auto shown = std::min(expectations.size(), kMaxListedTests);
    for (std::size_t i = 0; i < shown; ++i) {
      const auto& result = report_.expectations[expectations[i]];
      pieces.push_back(html_link(id_of_test(result.test), expectation_words(report_, result)) +
                       (result.passed() ? "" : " <strong>(fails)</strong>"));
    }
    if (shown < expectations.size()) pieces.push_back(fmt::format("and {} more", expectations.size() - shown));
    return html_joined(pieces, "<br>");
  }

  const PolicyReport& report_;
  const PolicyDocument& document_;
};

}  // namespace

std::string rules_part(const PolicyReport& report) { return RulesPart{report}.run(); }

}  // namespace sallyport
