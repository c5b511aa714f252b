#pragma once

#include "common/base/ids.hpp"

#include <chrono>
#include <string_view>

namespace sallyport {

/// The person in whose name revocation drills run. It is nobody: no name ends in ".invalid" (RFC 2606), nothing enrols
/// or renews its devices but a drill, and the gateway judges them by a policy of its own that reaches one port of
/// itself.
inline constexpr std::string_view kDrillUser = "revocation-drill@sallyport.invalid";
inline constexpr std::string_view kDrillDevicePrefix = "revocation-drill-";
inline constexpr std::chrono::minutes kDrillLifetime{5};

[[nodiscard]] inline bool is_drill(const UserId& user) noexcept { return user.text() == kDrillUser; }

}  // namespace sallyport
