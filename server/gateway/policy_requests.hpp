#pragma once

#include "common/uv/json_line_server.hpp"
#include "server/gateway/gateway_view.hpp"

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace sallyport {

/// Who asks, for records: "root", "uid 998", and behind it in brackets whom the caller names.
[[nodiscard]] std::string actor_of(const nlohmann::json& request, const PeerCredentials& peer);

/// What the admin socket answers about versions of the policy.
class PolicyRequests {
 public:
  using Reply = std::function<void(const nlohmann::json&)>;

  /// The gateway outlives this.
  PolicyRequests(const GatewayView& gateway, const GatewayControls& controls)
      : snapshot_{gateway.snapshot}, policy_{controls.policy} {}

  /// False when `verb` is none of policy.apply, policy.confirm, policy.rollback and policy.impact. The caller was found
  /// permitted. `reply` is called once, now or later.
  bool serve(const std::string& verb, const nlohmann::json& request, const PeerCredentials& peer, const Reply& reply);

 private:
  void apply(const nlohmann::json& request, const std::string& by, const Reply& reply);
  void confirm(const nlohmann::json& request, const std::string& by, const Reply& reply);
  void roll_back(const nlohmann::json& request, const std::string& by, const Reply& reply);
  void tell_impact(const nlohmann::json& request, const Reply& reply);
  [[nodiscard]] WhenPolicyChanged answering(const Reply& reply);

  const Snapshot& snapshot_;
  PolicyActivation& policy_;
};

}  // namespace sallyport
