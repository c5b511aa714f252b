#include "client/cli/exit_code.hpp"

#include "common/ipc/message.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace sallyport {

ExitCode exit_code_of(const nlohmann::json& answer) {
  if (answer.value("ok", nlohmann::json{}) == true) {
    const auto judged = answer.find("judged_at");
    if (judged != answer.end() && judged->is_null()) return ExitCode::NotConnected;
    if (answer.value("failing", nlohmann::json{}) == true) return ExitCode::PostureFails;
    const auto state = text_at(answer, "state");
    return !state || *state == "online" ? ExitCode::Ok : ExitCode::NotConnected;
  }
  const auto reason = text_at(answer, "reason").value_or("");
  if (reason == "usage") return ExitCode::Usage;
  if (reason == "not_permitted") return ExitCode::NotPermitted;
  if (reason == "not_running" || reason == "not_connected") return ExitCode::NotConnected;
  constexpr std::array<std::string_view, 5> kNotProved{"wrong_code", "wait", "not_enrolled", "unknown_method",
                                                       "key_unavailable"};
  const bool not_proved = std::find(kNotProved.begin(), kNotProved.end(), reason) != kNotProved.end();
  return not_proved ? ExitCode::NotProved : ExitCode::Failed;
}

}  // namespace sallyport
