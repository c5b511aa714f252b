#include "client/cli/exit_code.hpp"

#include "common/ipc/message.hpp"

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
  if (reason == "not_permitted") return ExitCode::NotPermitted;
  if (reason == "not_running" || reason == "not_connected") return ExitCode::NotConnected;
  return ExitCode::Failed;
}

}  // namespace sallyport
