#include "server/gateway/worker_orders.hpp"

#include <algorithm>
#include <iterator>

namespace sallyport {

void WorkerOrders::end_sessions(const std::vector<SessionId>& sessions, EndReason reason, WhenDone when_done,
                                const std::optional<CutOrigin>& origin) {
  const auto count = sessions.size();
  const auto ticket = open([when_done = std::move(when_done), count](Ticket) { when_done(count); });
  tell(command::End{ticket, sessions, reason, origin});
}

void WorkerOrders::query(std::function<void(GatewayStatus)> when_done, bool is_brief) {
  const auto ticket = open([this, when_done = std::move(when_done)](Ticket done) {
    when_done(std::move(listings_.extract(done).mapped()));
  });
  listings_.try_emplace(ticket);
  tell(command::List{.ticket = ticket, .is_brief = is_brief});
}

void WorkerOrders::measure(std::shared_ptr<const Policy> candidate, std::vector<std::shared_ptr<const Rights>> ready,
                           std::shared_ptr<const std::unordered_set<SessionId>> losing,
                           std::function<void(PolicyImpact)> when_done) {
  const auto ticket = open(
      [this, when_done = std::move(when_done)](Ticket done) { when_done(std::move(impacts_.extract(done).mapped())); });
  impacts_.try_emplace(ticket);
  tell(command::Measure{ticket, std::move(candidate), std::move(ready), std::move(losing)});
}

void WorkerOrders::list_flows(const std::vector<SessionId>& sessions, std::size_t limit,
                              std::function<void(report::Flows)> when_done) {
  const auto ticket = open([this, limit, when_done = std::move(when_done)](Ticket done) {
    auto found = std::move(flow_lists_.extract(done).mapped());
    if (found.flows.size() > limit) {
      found.left_off += found.flows.size() - limit;
      found.flows.resize(limit);
    }
    when_done(std::move(found));
  });
  flow_lists_.try_emplace(ticket);
  tell(command::ListFlows{ticket, sessions, limit});
}

void WorkerOrders::take(report::Listing& listing) {
  auto& gathered = listings_[listing.ticket];
  gathered.drops += listing.drops;
  gathered.workers.push_back(listing.worker);
  gathered.queue += listing.queue;
  for (auto& view : listing.sessions) gathered.sessions.push_back(std::move(view));
  tickets_.done(listing.ticket);
}

void WorkerOrders::take(report::Measured& measured) {
  impacts_[measured.ticket].add(std::move(measured.impact));
  tickets_.done(measured.ticket);
}

void WorkerOrders::take(report::Flows& flows) {
  auto& gathered = flow_lists_[flows.ticket];
  gathered.left_off += flows.left_off;
  std::move(flows.flows.begin(), flows.flows.end(), std::back_inserter(gathered.flows));
  tickets_.done(flows.ticket);
}

}  // namespace sallyport
