#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace sallyport {

/// {"v":1,"ok":true}
[[nodiscard]] inline nlohmann::json accepted() { return {{"v", 1}, {"ok", true}}; }

/// `reason` is a stable class for programs, `error` says what happened and `hint` what to do about it.
[[nodiscard]] inline nlohmann::json declined(std::string_view reason, std::string error, std::string hint = {}) {
  nlohmann::json answer{{"v", 1}, {"ok", false}, {"reason", reason}, {"error", std::move(error)}};
  if (!hint.empty()) answer["hint"] = std::move(hint);
  return answer;
}

}  // namespace sallyport
