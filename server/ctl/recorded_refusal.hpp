#pragma once

#include "common/base/file.hpp"
#include "common/base/result.hpp"
#include "server/config/gateway_config.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// A reference code as it is written, of what somebody read aloud or typed: "k7q2 9xpd" is K7Q2-9XPD, and O is 0.
[[nodiscard]] std::string reference_code_of(std::string_view text);

/// What the files of a gateway hold of the latest refusal with this code, in the form of the gateway's own answer, and
/// in "told" how many there were. Nullopt: nothing; a file that is there and cannot be read is an error.
/// "explanation" is there when the decision was recorded and the policy that judged is the one in the files or
/// in the history, "policy_version" then names it.
[[nodiscard]] Result<std::optional<nlohmann::json>, FileError> find_recorded_refusal(const GatewayConfig& config,
                                                                                     const std::string& code);

}  // namespace sallyport
