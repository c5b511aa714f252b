#pragma once

#include "server/gateway/metrics_figures.hpp"
#include "server/gateway/worker_totals.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

namespace sallyport {

/// Gathers what a page of metrics says from a running gateway. On the control thread.
///
/// What it costs there does not grow with sessions: the workers count theirs, in slices between packets. The forecast
/// alone reads every device record, when trust has changed or the last one is older than kForecastAge.
class MetricsCollector {
 public:
  static constexpr auto kForecastAge = std::chrono::hours{1};

  /// `orders` outlives this. `started` is the gateway's start.
  MetricsCollector(const GatewayView& gateway, WorkerOrders& orders, WallTime started)
      : gateway_{gateway}, orders_{orders}, started_{started} {}
  MetricsCollector(const MetricsCollector&) = delete;
  MetricsCollector& operator=(const MetricsCollector&) = delete;

  /// `when_done` is called once all workers have counted; never, when the gateway stops before.
  void gather(std::function<void(MetricsFigures)> when_done);

 private:
  [[nodiscard]] MetricsFigures figures_of(GatewayStatus status);
  void add_forecast(MetricsFigures& figures);

  const GatewayView gateway_;
  WorkerOrders& orders_;
  const WallTime started_;
  std::map<WorkerNumber, WorkerTotals> totals_;
  std::optional<std::uint64_t> forecast_number_;  ///< of the outlook that forecast_ is of
  ForecastFigures forecast_;
};

}  // namespace sallyport
