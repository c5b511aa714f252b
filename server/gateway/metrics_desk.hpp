#pragma once

#include "common/base/result.hpp"
#include "common/uv/async.hpp"
#include "server/gateway/metrics_collector.hpp"
#include "server/gateway/scrape_service.hpp"

#include <functional>
#include <memory>
#include <string>

namespace sallyport {

/// Everything about metrics on the control thread: one collector for all who ask, and the listener where the
/// configuration wants one.
class MetricsDesk {
 public:
  /// `gateway` has just started, and outlives this, as `orders` does. The error is one line for the administrator.
  [[nodiscard]] static Result<std::unique_ptr<MetricsDesk>, std::string> open(Loop& loop, const GatewayView& gateway,
                                                                              WorkerOrders& orders, Log& log);

  /// The page, as soon as all workers have counted.
  void write(std::function<void(std::string page)> when_done);

 private:
  MetricsDesk(Loop& loop, const GatewayView& gateway, WorkerOrders& orders);
  void on_asked();

  MetricsCollector collector_;
  ReasonTally scrapes_;
  Async asked_;
  std::unique_ptr<ScrapeService> service_;  ///< its thread uses what stands above; null: there is no listener
};

}  // namespace sallyport
