#include "server/gateway/listen_queue.hpp"

#include "common/base/file.hpp"

#include <fmt/format.h>

#include <charconv>

namespace sallyport {

std::optional<ShortQueue> short_queue(std::string_view setting) {
  std::uint64_t allowed = 0;
  const auto read = std::from_chars(setting.data(), setting.data() + setting.size(), allowed);
  if (read.ec != std::errc{} || allowed >= std::uint64_t{kListenQueue}) return std::nullopt;
  return ShortQueue{
      allowed, fmt::format("the kernel lets {} connections wait for the gateway, where {} may come at once after a "
                           "restart, and drops the others, which come in seconds later; run: sysctl -w "
                           "net.core.somaxconn={}, write that into /etc/sysctl.d, and restart the gateway",
                           allowed, kListenQueue, kListenQueue)};
}

std::optional<ShortQueue> short_queue_here() {
  const auto setting = read_file("/proc/sys/net/core/somaxconn");
  return setting ? short_queue(*setting) : std::nullopt;
}

}  // namespace sallyport
