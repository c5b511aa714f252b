#include "server/ctl/device_notice.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sallyport {

DeviceNotice tell_gateway_of_devices(const GatewayConfig& config) {
  auto answer = ask_gateway(config, {{"do", "trust.reload"}});
  if (answer) return {true, number_of(*answer, "ended"), std::nullopt};
  if (answer.error().code == CtlExit::NotRunning) return {};
  return {true, 0, std::move(answer.error())};
}

void add_notice(nlohmann::json& document, const DeviceNotice& notice) {
  document["gateway"] = notice.is_running ? "running" : "not_running";
  document["sessions_ended"] = notice.ended;
}

void say_notice(Console& console, const DeviceNotice& notice, const char* consequence) {
  if (notice.is_running) {
    console.say(fmt::format("The gateway confirmed it; sessions ended: {}\n", notice.ended));
  } else {
    console.say(fmt::format("No gateway is running; {}\n", consequence));
  }
}

}  // namespace sallyport
