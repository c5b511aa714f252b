#pragma once

#include "server/gateway/gateway.hpp"

#include <nlohmann/json_fwd.hpp>

namespace sallyport {

/// The answers of the admin socket. Fields are only ever added.
[[nodiscard]] nlohmann::json status_document(Gateway& gateway, const GatewayStatus& status);
[[nodiscard]] nlohmann::json session_list_document(Gateway& gateway, const GatewayStatus& status);
[[nodiscard]] nlohmann::json denial_document(const DenialJournal::Entry& entry);

}  // namespace sallyport
