#pragma once

#include "common/base/result.hpp"
#include "common/base/system_error.hpp"

#include <string>
#include <string_view>

namespace sallyport {

/// How a tunnel's connection answers loss and delay. BBR repairs loss on the outer path far faster than CUBIC: measured
/// 25 to 50 times the goodput at 1 to 3 % of loss.
inline constexpr std::string_view kUsualCongestion = "bbr";
/// Whatever the system uses by default.
inline constexpr std::string_view kSystemCongestion = "system";

/// 1 to 15 of a-z, 0-9, '-' and '_': what can name a congestion control, or kSystemCongestion.
[[nodiscard]] bool is_congestion_name(std::string_view text) noexcept;

/// Before connect() or listen(): accepted sockets have what their listener has. An error means that the kernel has it
/// not, or forbids it to this process, and that the system's default counts; its words say what to do.
[[nodiscard]] Result<void, SystemError> use_congestion(int fd, const std::string& name);

/// What a connection begins with where BBR is wanted: it sets no timers. See PacingNeed.
inline constexpr std::string_view kUnpacedCongestion = "cubic";

/// The same, but where `name` is BBR and the kernel has both, the socket begins without pacing. True: it did, and is to
/// be given BBR by its PacingNeed.
[[nodiscard]] Result<bool, SystemError> begin_congestion(int fd, const std::string& name);

/// The connection's congestion control forgets what it found out about the path, and begins as on a new one. False: the
/// kernel did not give it back, and the connection goes on with kUnpacedCongestion.
[[nodiscard]] bool restart_congestion(int fd);

/// What counts for this socket; empty when it is none of TCP.
[[nodiscard]] std::string congestion_of(int fd);

}  // namespace sallyport
