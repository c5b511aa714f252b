#pragma once

#include "server/gateway/metrics_figures.hpp"
#include "server/gateway/reason_tally.hpp"

#include <string>
#include <vector>

namespace sallyport {

/// The page of metrics. `scrapes`: what requests to the metrics listener came to, by result. Pure.
[[nodiscard]] std::string metrics_page(const MetricsFigures& figures, const std::vector<ReasonTally::Entry>& scrapes);

}  // namespace sallyport
