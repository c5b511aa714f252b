#include "server/gateway/metrics_desk.hpp"

#include "server/gateway/listener.hpp"
#include "server/gateway/metrics_page.hpp"

#include <utility>

namespace sallyport {
namespace {

std::vector<std::string> scrape_results() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kScrapeResults; ++i) names.emplace_back(name_of(static_cast<ScrapeResult>(i)));
  return names;
}

Result<std::vector<FileDescriptor>, std::string> listeners_for(const std::vector<Endpoint>& endpoints) {
  std::vector<FileDescriptor> listeners;
  for (const auto& endpoint : endpoints) {
    auto listener = listen_on(endpoint.address, endpoint.port);
    if (!listener) return fail("[metrics] listen: " + listener.error().message);
    listeners.push_back(std::move(*listener));
  }
  return listeners;
}

}  // namespace

MetricsDesk::MetricsDesk(Loop& loop, const GatewayView& gateway, WorkerOrders& orders)
    : collector_{gateway, orders, loop.now().wall}, scrapes_{scrape_results()}, asked_{loop, [this] { on_asked(); }} {}

Result<std::unique_ptr<MetricsDesk>, std::string> MetricsDesk::open(Loop& loop, const GatewayView& gateway,
                                                                    WorkerOrders& orders, Log& log) {
  std::unique_ptr<MetricsDesk> desk{new MetricsDesk{loop, gateway, orders}};
  const auto& settings = gateway.snapshot.config.metrics;
  if (settings.listen.empty()) return desk;
  auto listeners = listeners_for(settings.listen);
  if (!listeners) return fail(listeners.error());
  const bool is_local = settings.readers == MetricsReaders::ThisMachine;
  desk->service_ =
      std::make_unique<ScrapeService>(std::move(*listeners), is_local ? ScrapeHost::ThisMachine : ScrapeHost::Any,
                                      ScrapeLimits{}, desk->scrapes_, [raw = desk.get()] { raw->asked_.send(); });
  desk->service_->start();
  for (const auto& endpoint : settings.listen) {
    log.event(Level::Notice, "metrics.ready", "metrics can be fetched by HTTP",
              {{"listen", endpoint.to_string()}, {"readers", name_of(settings.readers)}});
  }
  return desk;
}

void MetricsDesk::on_asked() {
  collector_.gather([this](MetricsFigures figures) { service_->put(std::move(figures)); });
}

void MetricsDesk::write(std::function<void(std::string)> when_done) {
  collector_.gather([this, when_done = std::move(when_done)](const MetricsFigures& figures) {
    when_done(metrics_page(figures, scrapes_.entries()));
  });
}

}  // namespace sallyport
