#pragma once

#include <nlohmann/json_fwd.hpp>

namespace sallyport {

/// What scripts may rely on. NotProved: the code was not accepted. PostureFails: a check does not hold.
enum class ExitCode : int {
  Ok = 0,
  Failed = 1,
  Usage = 2,
  NotConnected = 3,
  NotPermitted = 4,
  NotProved = 5,
  PostureFails = 6
};

/// What an answer of the service means for a command that asked for it; `status` of a tunnel that is not online is
/// NotConnected, and so is `posture` while no check is known; a check that access depends on and that does not hold is
/// PostureFails.
[[nodiscard]] ExitCode exit_code_of(const nlohmann::json& answer);

}  // namespace sallyport
