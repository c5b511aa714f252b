#include "server/gateway/metrics_page.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

// The example rules for alerts ask for samples that a gateway has: an alert on a reason that does not exist never
// rings.

namespace sallyport {
namespace {

std::string example_rules() {
  const std::ifstream file{SALLYPORT_SOURCE_ROOT "/packaging/examples/prometheus-rules.yml"};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Of a gateway that has one of each thing that samples are of.
std::string page() {
  MetricsFigures figures;
  figures.workers.emplace_back();
  figures.sources.push_back({.authority = "corp"});
  const GatewayTally tally;
  figures.tally.handshakes_refused = tally.handshakes_refused.entries();
  figures.tally.certificates_refused = tally.certificates_refused.entries();
  return metrics_page(figures, {});
}

bool has_sample(const std::string& page, const std::string& name, const std::string& label, const std::string& value) {
  const std::string wanted = label + "=\"" + value + "\"";
  std::istringstream lines{page};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + '{') && line.find(wanted) != std::string::npos) return true;
  }
  return false;
}

/// What `rules` ask for by label and a page does not have.
std::vector<std::string> strangers(const std::string& rules, const std::string& page) {
  static const std::regex kSelector{R"((sallyport_\w+)\{(\w+)=~?"([^"]*)\"\})"};
  std::vector<std::string> unknown;
  for (std::sregex_iterator each{rules.begin(), rules.end(), kSelector}, end; each != end; ++each) {
    std::istringstream values{(*each)[3].str()};
    for (std::string value; std::getline(values, value, '|');) {
      // Prometheus 3 writes this bound so.
      const bool is_rewritten = (*each)[2] == "le" && value == "1.0";
      if (!is_rewritten && !has_sample(page, (*each)[1], (*each)[2], value)) unknown.push_back(value);
    }
  }
  return unknown;
}

TEST(MetricsRules, AskForNothingThatAPageDoesNotHave) {
  const auto rules = example_rules();
  ASSERT_NE(rules.find("sallyport_handshakes_refused_total{reason=~\""), std::string::npos);
  EXPECT_EQ(strangers(rules, page()), std::vector<std::string>{});
}

TEST(MetricsRules, AreNotPassedWithAReasonThatIsNone) {
  const std::string name = "sallyport_handshakes_refused_total";
  EXPECT_EQ(strangers(name + "{reason=~\"too_fast|timed_out\"} " + name + "{reason=\"sessions_last\"}", page()),
            (std::vector<std::string>{"timed_out", "sessions_last"}));
}

/// So that none is missed above.
TEST(MetricsRules, SelectByOneLabelEach) {
  const auto rules = example_rules();
  static const std::regex kAny{R"(sallyport_\w+\{)"};
  static const std::regex kOne{R"(sallyport_\w+\{\w+=~?"[^"]*\"\})"};
  const auto count = [&](const std::regex& what) {
    return std::distance(std::sregex_iterator{rules.begin(), rules.end(), what}, std::sregex_iterator{});
  };
  EXPECT_EQ(count(kAny), count(kOne));
  EXPECT_GT(count(kAny), 5);
}

}  // namespace
}  // namespace sallyport
