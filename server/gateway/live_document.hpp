#pragma once

#include "server/gateway/gateway_view.hpp"

#include <nlohmann/json_fwd.hpp>

namespace sallyport {

/// The answers of the admin socket about what goes on now: sessions, flows, and a refusal that somebody was told of.
/// Fields are only ever added.
[[nodiscard]] nlohmann::json session_list_document(const GatewayView& gateway, const GatewayStatus& status);
[[nodiscard]] nlohmann::json flow_list_document(const GatewayView& gateway, const report::Flows& flows);
[[nodiscard]] nlohmann::json denial_document(const DenialJournal::Entry& entry);

}  // namespace sallyport
