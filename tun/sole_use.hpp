#pragma once

#include "common/base/result.hpp"
#include "common/base/system_error.hpp"
#include "tun/network_config.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace sallyport {

/// Why a TUN interface may be somebody else's too.
enum class TunSharing { AnotherOwner, Group, AnotherQueue };

/// Whoever is attached to a TUN interface reads what is sent into it, and writes what seems to come out of the tunnel.
/// nullopt: of its queues all are among `own_queues`, and nobody but `user` and root may attach one.
[[nodiscard]] std::optional<TunSharing> sharing_of(const TunAccess& access, uid_t user,
                                                   std::uint32_t own_queues) noexcept;

/// What is wrong with the interface, and what an administrator does about it.
[[nodiscard]] SystemError sharing_error(const std::string& name, TunSharing sharing);

/// Makes the interface to which `fd` is attached this process' alone, or says with whom it would be shared. Without an
/// owner any local user may attach, and who is attached sets owner and group to whatever they like: so an owner says
/// nothing while somebody else is attached, and what others may have left in the interface is cleared. `is_new`: this
/// process made it. `own_queues`: that this process has attached.
[[nodiscard]] Result<std::optional<TunSharing>, SystemError> take_sole_use(NetworkConfig& network, int fd,
                                                                           const std::string& name, bool is_new,
                                                                           std::uint32_t own_queues);

}  // namespace sallyport
