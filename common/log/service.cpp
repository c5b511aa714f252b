#include "common/log/service.hpp"

#include "common/base/text.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <string>

namespace sallyport {
namespace {

// A line end would start another assignment.
std::string status_line(std::string_view status) { return "STATUS=" + escape_untrusted(status); }

}  // namespace

void notify_ready(std::string_view status) { sd_notify(0, ("READY=1\n" + status_line(status)).c_str()); }

// systemd before 253 ignores the time; later ones need it to tell this reload from an older one.
void notify_reloading() {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch());
  sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.count()).c_str());
}

void notify_stopping() { sd_notify(0, "STOPPING=1"); }

void notify_status(std::string_view status) { sd_notify(0, status_line(status).c_str()); }

void notify_watchdog() { sd_notify(0, "WATCHDOG=1"); }

std::optional<Duration> watchdog_interval() {
  std::uint64_t granted = 0;
  if (sd_watchdog_enabled(0, &granted) <= 0) return std::nullopt;
  return std::chrono::microseconds{granted} / 2;
}

}  // namespace sallyport
