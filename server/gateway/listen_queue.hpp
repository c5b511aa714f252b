#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// How many connections may wait for the gateway in the kernel's queue: those who come at once after a restart. The
/// kernel cuts it to net.core.somaxconn, 4,096 where nobody raised it (packaging/systemd/sallyport-gateway.sysctl
/// does).
inline constexpr int kListenQueue = 16384;

/// A queue that the kernel keeps shorter than the gateway asks for.
struct ShortQueue {
  std::uint64_t allowed;
  std::string words;  ///< for people, with what to type
};

/// What `net.core.somaxconn` makes of it; nullopt: the queue is as long as it is wanted. `setting` is the content of
/// its file; where that is no number it is not known, and nothing is said.
[[nodiscard]] std::optional<ShortQueue> short_queue(std::string_view setting);
/// By the setting of this network namespace.
[[nodiscard]] std::optional<ShortQueue> short_queue_here();

}  // namespace sallyport
