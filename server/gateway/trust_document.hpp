#pragma once

#include "server/gateway/gateway.hpp"

#include <nlohmann/json_fwd.hpp>

namespace sallyport {

/// Whom the gateway trusts, how fresh that is, and what of it will end: a part of the status.
[[nodiscard]] nlohmann::json trust_document(Gateway& gateway);

}  // namespace sallyport
