#include "server/ctl/device_notice.hpp"

#include "server/ctl/policy_change_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

DeviceNotice notice_of(const Result<nlohmann::json, LinkError>& answer) {
  if (!answer && answer.error().code == CtlExit::NotRunning) return {};
  if (!answer) return {true, 0, answer.error()};
  DeviceNotice notice{true, number_of(*answer, "ended"), std::nullopt};
  if (member_of(*answer, "recorded") == false) {
    notice.error =
        LinkError{CtlExit::Failed, "its audit record could not be written", "look for audit.failed in the journal", {}};
  }
  return notice;
}

}  // namespace

DeviceNotice tell_gateway_of_devices(const GatewayConfig& config) {
  return notice_of(ask_gateway(config, {{"do", "trust.reload"}}));
}

DeviceNotice tell_gateway_of_change(const GatewayConfig& config, const DeviceId& device, std::string_view what) {
  auto request = change_request("device.changed");
  request.update({{"device", device.text()}, {"what", what}});
  return notice_of(ask_gateway(config, std::move(request)));
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
