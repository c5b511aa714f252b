#pragma once

#include "common/base/time.hpp"

#include <optional>
#include <string_view>

namespace sallyport {

/// What the service manager is told (sd_notify). All do nothing when nobody asked to be told.
void notify_ready(std::string_view status);
/// Then notify_ready() when the reload is over, whether it succeeded or not.
void notify_reloading();
void notify_stopping();
/// One line for `systemctl status`: "1204 sessions, policy 4f2a".
void notify_status(std::string_view status);
void notify_watchdog();

/// How often notify_watchdog() is due: half of what the manager grants. Nullopt when it watches nothing.
[[nodiscard]] std::optional<Duration> watchdog_interval();

}  // namespace sallyport
