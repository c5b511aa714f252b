#pragma once

#include "common/log/log.hpp"
#include "common/uv/json_line_server.hpp"
#include "common/uv/loop.hpp"
#include "server/gateway/drill_desk.hpp"
#include "server/gateway/gateway_view.hpp"
#include "server/gateway/live_desk.hpp"
#include "server/gateway/metrics_desk.hpp"
#include "server/gateway/policy_requests.hpp"

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace sallyport {

/// The admin socket: one JSON request per line, one answer each, or a stream of lines before it. Only root and the
/// gateway's own user are served. Every answer has "v":1 and "ok"; a refusal also "error" (what) and "hint" (what to
/// do).
class AdminDesk {
 public:
  /// The gateway and `metrics` outlive this.
  [[nodiscard]] static Result<std::unique_ptr<AdminDesk>, SystemError> open(Loop& loop, const GatewayView& gateway,
                                                                            const GatewayControls& controls,
                                                                            MetricsDesk& metrics, Log& log);

 private:
  using RequestId = JsonLineServer::RequestId;

  AdminDesk(const GatewayView& gateway, const GatewayControls& controls, MetricsDesk& metrics, Log& log)
      : gateway_{gateway}, controls_{controls}, metrics_{metrics}, log_{log}, policies_{gateway, controls} {}
  void serve(RequestId id, const nlohmann::json& request, const PeerCredentials& peer);
  void serve_status(RequestId id);
  void serve_metrics(RequestId id);
  void serve_session_list(RequestId id);
  void serve_session_end(RequestId id, const nlohmann::json& request, const std::string& by);
  void serve_drain(RequestId id, const nlohmann::json& request, const std::string& by);
  void serve_reload(RequestId id, const nlohmann::json& request, const std::string& by);
  void serve_trust_reload(RequestId id, const std::string& by);
  void serve_device_change(RequestId id, const nlohmann::json& request, const std::string& by);
  void confirm_change(RequestId id, std::function<bool()> record);
  void serve_user_change(RequestId id, const nlohmann::json& request, const std::string& by);
  void refuse_reload(RequestId id, const Diagnostics& diagnostics);
  void serve_clock_accept(RequestId id, const std::string& by);
  void serve_proof_change(RequestId id, const nlohmann::json& request, const std::string& by);
  void serve_explain(RequestId id, const nlohmann::json& request);
  void serve_audit_note(RequestId id, const nlohmann::json& request, const std::string& by);
  void serve_denial(RequestId id, const nlohmann::json& request);
  void refuse(RequestId id, const std::string& error, const std::string& hint);

  const GatewayView gateway_;
  const GatewayControls controls_;
  MetricsDesk& metrics_;
  Log& log_;
  PolicyRequests policies_;
  std::unique_ptr<JsonLineServer> server_;
  std::optional<LiveDesk> live_;
  std::optional<DrillDesk> drills_;
};

}  // namespace sallyport
