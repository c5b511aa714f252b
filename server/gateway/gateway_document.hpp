#pragma once

#include "server/gateway/gateway_view.hpp"

#include <nlohmann/json_fwd.hpp>

namespace sallyport {

/// The answers of the admin socket. Fields are only ever added.
[[nodiscard]] nlohmann::json status_document(const GatewayView& gateway, const GatewayStatus& status);
/// The answer to a reload whose files were good; "ok" is false when the policy had to stay out of it for a reason that
/// an administrator must deal with.
[[nodiscard]] nlohmann::json reload_document(const GatewayView& gateway, std::size_t ended, ReloadedPolicy policy);
/// Null: nothing is drained.
[[nodiscard]] nlohmann::json drain_document(const GatewayView& gateway);
[[nodiscard]] nlohmann::json session_list_document(const GatewayView& gateway, const GatewayStatus& status);
[[nodiscard]] nlohmann::json flow_list_document(const GatewayView& gateway, const report::Flows& flows);
[[nodiscard]] nlohmann::json denial_document(const DenialJournal::Entry& entry);

}  // namespace sallyport
