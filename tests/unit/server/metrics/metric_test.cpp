#include "server/metrics/metric.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace sallyport {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

TEST(Metrics, HaveNamesAsPrometheusWantsThem) {
  std::set<std::string_view> names;
  for (const auto& each : metrics::kAll) {
    EXPECT_TRUE(names.insert(each.name).second) << each.name << " is there twice";
    EXPECT_TRUE(each.name.starts_with("sallyport_") && is_name(each.name)) << each.name;
    EXPECT_EQ(each.name.ends_with("_total"), each.type == MetricType::Counter) << each.name;
    EXPECT_TRUE(each.type != MetricType::Histogram || each.name.ends_with("_seconds")) << each.name;
    EXPECT_TRUE(each.help.ends_with('.') || each.help.ends_with('?')) << each.name;
    EXPECT_EQ(each.help.find_first_of("|\n`"), std::string_view::npos) << each.name << ": it stands in a table";
  }
}

TEST(Metrics, HaveNoLabelThatCouldNameSomebody) {
  const std::set<std::string_view> known{"version", "state",       "use",    "reason", "kind",
                                         "result",  "worker",      "step",   "hash",   "authority",
                                         "key_id",  "worker,step", "within", "cause",  "direction"};
  for (const auto& each : metrics::kAll) {
    std::string_view rest = each.labels;
    while (!rest.empty()) {
      const auto comma = rest.find(',');
      EXPECT_TRUE(known.contains(rest.substr(0, comma))) << each.name << " has a new label: " << rest;
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    }
  }
}

TEST(Metrics, AreFoundByNameWhileCompiling) {
  EXPECT_EQ(metric("sallyport_sessions_ended_total").labels, "reason");
  EXPECT_NE(metric_reference().find("| `sallyport_up` | gauge |  | 1: "), std::string::npos) << metric_reference();
}

}  // namespace
}  // namespace sallyport
