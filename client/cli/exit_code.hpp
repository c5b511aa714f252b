#pragma once

#include <nlohmann/json_fwd.hpp>

namespace sallyport {

/// What scripts may rely on. NotProved: the code was not accepted.
enum class ExitCode : int { Ok = 0, Failed = 1, Usage = 2, NotConnected = 3, NotPermitted = 4, NotProved = 5 };

/// What an answer of the service means for a command that asked for it; `status` of a tunnel that is not online is
/// NotConnected.
[[nodiscard]] ExitCode exit_code_of(const nlohmann::json& answer);

}  // namespace sallyport
