#include "server/metrics/exposition.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace sallyport {
namespace {

constexpr Metric kOne{"sallyport_one", MetricType::Gauge, "a,b", "What \"it\" is, back\\slash\nand line."};
constexpr Metric kTwo{"sallyport_two_total", MetricType::Counter, "", "Two."};
constexpr Metric kTime{"sallyport_time_seconds", MetricType::Histogram, "cause", "Three."};

TEST(Exposition, WritesHelpTypeAndSamplesInOrder) {
  Exposition page;
  page.begin(kOne);
  page.add(std::uint64_t{7}, {{"a", "x"}, {"b", "y z"}});
  page.add(1.5, {{"a", "w"}, {"b", ""}});
  page.begin(kTwo);
  page.add(std::uint64_t{0});
  EXPECT_EQ(page.text(),
            "# HELP sallyport_one What \"it\" is, back\\\\slash\\nand line.\n"
            "# TYPE sallyport_one gauge\n"
            "sallyport_one{a=\"x\",b=\"y z\"} 7\n"
            "sallyport_one{a=\"w\",b=\"\"} 1.5\n"
            "# HELP sallyport_two_total Two.\n"
            "# TYPE sallyport_two_total counter\n"
            "sallyport_two_total 0\n");
}

TEST(Exposition, EscapesWhatTheFormatAsksForAndNothingElse) {
  EXPECT_EQ(escape_label("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
  EXPECT_EQ(escape_label("\xc3\xa9\t{}=,"), "\xc3\xa9\t{}=,");
  EXPECT_EQ(escape_help("a\"b\\c\nd"), "a\"b\\\\c\\nd");
  Exposition page;
  page.begin(kOne);
  page.add(std::uint64_t{1}, {{"a", "\"} 9\nsallyport_forged 1"}});
  EXPECT_EQ(page.text().find("\nsallyport_forged"), std::string::npos) << "a value begins no line";
}

TEST(Exposition, WritesNumbersThatReadBackTheSame) {
  EXPECT_EQ(exposition_number(0), "0");
  EXPECT_EQ(exposition_number(0.001), "0.001");
  EXPECT_EQ(exposition_number(1'800'000'000), "1800000000");
  EXPECT_EQ(std::stod(exposition_number(0.1 + 0.2)), 0.1 + 0.2);
  EXPECT_EQ(exposition_number(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(exposition_number(-std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_EQ(exposition_number(std::numeric_limits<double>::quiet_NaN()), "NaN");
  Exposition page;
  page.begin(kTwo);
  page.add(std::numeric_limits<std::uint64_t>::max());
  EXPECT_NE(page.text().find(" 18446744073709551615\n"), std::string::npos);
}

TEST(Exposition, CumulatesTheClassesOfAHistogram) {
  Exposition page;
  page.begin(kTime);
  page.add_histogram(std::array{0.001, 0.01}, std::array<std::uint64_t, 3>{2, 0, 5}, 0.75, {"cause", "revoke"});
  EXPECT_EQ(page.text(),
            "# HELP sallyport_time_seconds Three.\n"
            "# TYPE sallyport_time_seconds histogram\n"
            "sallyport_time_seconds_bucket{cause=\"revoke\",le=\"0.001\"} 2\n"
            "sallyport_time_seconds_bucket{cause=\"revoke\",le=\"0.01\"} 2\n"
            "sallyport_time_seconds_bucket{cause=\"revoke\",le=\"+Inf\"} 7\n"
            "sallyport_time_seconds_sum{cause=\"revoke\"} 0.75\n"
            "sallyport_time_seconds_count{cause=\"revoke\"} 7\n");
}

TEST(Exposition, OfAGatewayThatDoesNotAnswerSaysThatAlone) {
  const auto page = absent_gateway_page();
  EXPECT_NE(page.find("\nsallyport_up 0\n"), std::string::npos) << page;
  EXPECT_EQ(std::count(page.begin(), page.end(), '\n'), 3);
}

}  // namespace
}  // namespace sallyport
