#pragma once

#include "common/uv/json_line_server.hpp"
#include "common/uv/loop.hpp"
#include "common/uv/timer.hpp"
#include "server/gateway/gateway_view.hpp"
#include "server/gateway/trace_book.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace sallyport {

/// The part of the admin socket that shows what happens now: the requests "flows" and "trace".
class LiveDesk {
 public:
  using RequestId = JsonLineServer::RequestId;

  /// Takes the observer of decisions. The gateway and `server` outlive this.
  LiveDesk(Loop& loop, const GatewayView& gateway, const GatewayControls& controls, JsonLineServer& server);

  /// {"do":"flows", "device"?, "user"?, "limit"?}
  void serve_flows(RequestId id, const nlohmann::json& request);
  /// {"do":"trace", "device", "to"?, "for"?}: a line that it began, one per decision, and after "for" seconds the
  /// answer.
  void serve_trace(RequestId id, const nlohmann::json& request);
  /// Nobody reads this trace any more.
  void gone(RequestId id);

 private:
  void show(const DecisionRecord& record);
  void tell_lost(SessionId session, std::uint64_t count);
  void end_due();
  /// Tells the workers whom to trace, and the timer when the next trace is over.
  void follow();
  void refuse(RequestId id, const std::string& error, const std::string& hint);

  const GatewayView gateway_;
  WorkerOrders& orders_;
  DecisionDesk& decisions_;
  JsonLineServer& server_;
  Timer end_;
  TraceBook traces_;
};

}  // namespace sallyport
