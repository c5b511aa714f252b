#include "server/gateway/live_desk.hpp"

#include "common/ipc/message.hpp"
#include "server/gateway/live_document.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// Flows in one answer: about 400 octets each, far below what an answer may hold.
constexpr std::uint64_t kMostFlows = 2000;
constexpr std::uint64_t kUsualFlows = 200;
constexpr std::uint64_t kLongestTrace = 24 * 3600;

std::uint64_t number_at(const Json& request, const char* key, std::uint64_t otherwise, std::uint64_t most) {
  const auto found = request.find(key);
  if (found == request.end() || !found->is_number_unsigned()) return otherwise;
  return std::min(found->get<std::uint64_t>(), most);
}

}  // namespace

LiveDesk::LiveDesk(Loop& loop, const GatewayView& gateway, const GatewayControls& controls, JsonLineServer& server)
    : gateway_{gateway}, orders_{controls.orders}, decisions_{controls.decisions}, server_{server}, end_{loop, [this] {
                                                                                                           end_due();
                                                                                                         }} {}

void LiveDesk::serve_flows(RequestId id, const Json& request) {
  const auto device = text_at(request, "device");
  const auto user = text_at(request, "user");
  auto sessions = gateway_.registry.where([&](const SessionRegistry::Entry& entry) {
    return (!device || entry.grant.device.text() == *device) && (!user || entry.grant.user.text() == *user);
  });
  const auto limit = number_at(request, "limit", kUsualFlows, kMostFlows);
  orders_.list_flows(sessions, limit, [this, id](const report::Flows& flows) {
    server_.reply(id, flow_list_document(gateway_, flows));
  });
}

void LiveDesk::serve_trace(RequestId id, const Json& request) {
  const auto device = text_at(request, "device");
  if (!device || device->empty()) return refuse(id, "\"device\" is needed", "sallyportctl trace --device ID");
  if (traces_.is_full()) {
    return refuse(id, "so many traces run already that no further one may", "end one of them with Ctrl-C");
  }
  Trace trace{.device = DeviceId{*device}, .to = {}, .end = {}};
  if (const auto to = text_at(request, "to")) {
    const auto destination = Destination::parse(*to);
    if (!destination) return refuse(id, destination.error(), "write it as ADDRESS:PORT/tcp");
    trace.to = *destination;
  }
  const auto seconds = number_at(request, "for", 0, kLongestTrace);
  if (seconds != 0) trace.end = gateway_.clock.now().steady + std::chrono::seconds{seconds};
  const bool is_connected = gateway_.registry.has(trace.device);
  server_.begin_stream(id);
  server_.stream(id, {{"v", 1}, {"ok", true}, {"event", "began"}, {"device", *device}, {"connected", is_connected}});
  traces_.add(id, std::move(trace));
  follow();
}

void LiveDesk::gone(RequestId id) {
  if (traces_.remove(id)) follow();
}

void LiveDesk::show(const DecisionRecord& record) {
  std::optional<Json> line;
  for (const auto id : traces_.show(record)) {
    if (!line) line = to_json(record);
    server_.stream(id, *line);
  }
}

void LiveDesk::tell_lost(SessionId session, std::uint64_t count) {
  const auto* entry = gateway_.registry.find(session);
  if (entry == nullptr) return;
  for (const auto id : traces_.readers_of(entry->grant.device)) {
    server_.stream(id, {{"v", 1}, {"event", "lost"}, {"lost", count}});
  }
}

void LiveDesk::end_due() {
  for (const auto& [id, trace] : traces_.take_over(gateway_.clock.now().steady)) {
    server_.reply(id, {{"v", 1}, {"ok", true}, {"event", "done"}, {"decisions", trace.shown}});
  }
  follow();
}

void LiveDesk::follow() {
  auto devices = traces_.devices();
  if (const auto next = traces_.next_end())
    end_.arm_at(*next);
  else
    end_.cancel();
  DecisionObserver observer;
  if (!devices.empty()) {
    observer.decided = [this](const DecisionRecord& record) { show(record); };
    observer.lost = [this](SessionId session, std::uint64_t count) { tell_lost(session, count); };
  }
  decisions_.observe(std::move(observer));
  decisions_.trace(std::move(devices));
}

void LiveDesk::refuse(RequestId id, const std::string& error, const std::string& hint) {
  server_.reply(id, {{"v", 1}, {"ok", false}, {"error", error}, {"hint", hint}});
}

}  // namespace sallyport
