#pragma once

#include "server/gateway/gateway_view.hpp"

#include <nlohmann/json_fwd.hpp>

namespace sallyport {

/// The answers of the admin socket about the gateway as a whole. Fields are only ever added.
[[nodiscard]] nlohmann::json status_document(const GatewayView& gateway, const GatewayStatus& status);
/// The answer to a reload whose files were good; "ok" is false when the policy had to stay out of it for a reason that
/// an administrator must deal with.
[[nodiscard]] nlohmann::json reload_document(const GatewayView& gateway, std::size_t ended, ReloadedPolicy policy);
/// Null: nothing is drained.
[[nodiscard]] nlohmann::json drain_document(const GatewayView& gateway);

}  // namespace sallyport
