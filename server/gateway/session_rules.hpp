#pragma once

#include "server/config/gateway_config.hpp"
#include "server/gateway/session_registry.hpp"

#include <vector>

namespace sallyport {

/// Whether one more device of a person may connect.
struct RoomForDevice {
  bool is_refused = false;
  std::vector<SessionId> ends{};  ///< make room for it
};
/// Sessions of `device` itself take no room from it.
[[nodiscard]] RoomForDevice room_for(const SessionRegistry& registry, const UserId& user, const DeviceId& device,
                                     const SessionSettings& settings);

/// Sessions of people who have more devices connected than `settings` lets them: their newest, or their oldest where
/// the oldest make room.
[[nodiscard]] std::vector<SessionId> beyond_limit(const SessionRegistry& registry, const SessionSettings& settings);

/// The live session of the device is at another place, where `settings` refuses that.
[[nodiscard]] bool is_elsewhere(const SessionRegistry& registry, const SessionGrant& grant,
                                const SessionSettings& settings);

/// What the workers keep of the settings.
[[nodiscard]] SessionLimits limits_of(const SessionSettings& settings) noexcept;

/// One IPv4 address, or one IPv6 network of 64 bits: laptops change the rest of it by themselves.
[[nodiscard]] bool is_same_place(const IpAddress& a, const IpAddress& b) noexcept;

}  // namespace sallyport
