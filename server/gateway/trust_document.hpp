#pragma once

#include "server/gateway/gateway_view.hpp"

#include <nlohmann/json_fwd.hpp>

namespace sallyport {

/// Whom the gateway trusts, how fresh that is, and what of it will end: a part of the status.
[[nodiscard]] nlohmann::json trust_document(const GatewayView& gateway);

}  // namespace sallyport
