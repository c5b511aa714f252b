#pragma once

#include "common/base/ids.hpp"
#include "server/ctl/ctl.hpp"
#include "server/ctl/gateway_link.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport {

/// How a running gateway took a change of devices.
struct DeviceNotice {
  bool is_running = false;
  std::uint64_t ended = 0;         ///< sessions that were cut, all of them before the gateway answered
  std::optional<LinkError> error;  ///< it runs, but did not confirm
};

/// Makes a running gateway read devices and revocations again. No gateway is no error: it reads them when it starts.
[[nodiscard]] DeviceNotice tell_gateway_of_devices(const GatewayConfig& config);
/// The record of a device changed: makes a running gateway go by the records, whatever its files are like, and write
/// down who did that. `what` is "revoked", "disabled" or "enabled".
[[nodiscard]] DeviceNotice tell_gateway_of_change(const GatewayConfig& config, const DeviceId& device,
                                                  std::string_view what);

/// "gateway" and "sessions_ended".
void add_notice(nlohmann::json& document, const DeviceNotice& notice);

/// Says what happened in the gateway. `consequence` holds for the gateway that is not running.
void say_notice(Console& console, const DeviceNotice& notice, const char* consequence);

}  // namespace sallyport
