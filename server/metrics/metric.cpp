#include "server/metrics/metric.hpp"

#include <fmt/format.h>

namespace sallyport {

std::string_view name_of(MetricType type) noexcept {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Histogram:
      return "histogram";
  }
  return "untyped";
}

std::string metric_reference() {
  std::string text = "| metric | type | labels | meaning |\n|---|---|---|---|\n";
  for (const auto& each : metrics::kAll)
    text += fmt::format("| `{}` | {} | {} | {} |\n", each.name, name_of(each.type), each.labels, each.help);
  return text;
}

}  // namespace sallyport
