#pragma once

#include "common/base/file.hpp"
#include "common/base/result.hpp"
#include "server/config/gateway_config.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

namespace sallyport {

/// What the files of a gateway hold of the latest refusal with this code, in the form of the gateway's own answer, and
/// in "told" how many there were. Nullopt: nothing; a file that is there and cannot be read is an error.
/// "explanation" is there when the decision was recorded and the policy that judged is the one in the files or
/// in the history, "policy_version" then names it.
[[nodiscard]] Result<std::optional<nlohmann::json>, FileError> find_recorded_refusal(const GatewayConfig& config,
                                                                                     const std::string& code);

}  // namespace sallyport
