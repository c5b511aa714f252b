#pragma once

#include "common/base/file_descriptor.hpp"
#include "common/base/result.hpp"
#include "server/authority/rotation.hpp"
#include "server/config/gateway_config.hpp"
#include "server/store/store.hpp"

#include <chrono>
#include <string>

namespace sallyport {

// What sallyportctl does to replace the authority, step by step; docs/ca-rollover.md. Each step may be repeated: it
// goes on where a process that died left it. Errors are words.

/// Held while a rotation is changed. The error: somebody else holds it.
[[nodiscard]] Result<FileDescriptor, std::string> lock_rotation(const GatewayConfig& config);

/// Makes the next authority, what the present one signs for it, and its list; from then on the gateway trusts both.
/// Under way already: only what grows old is made anew.
[[nodiscard]] Result<Rotation, std::string> begin_rotation(const GatewayConfig& config, Store& store,
                                                           std::chrono::days lifetime, WallTime now);

/// The next authority signs for devices that have it, and they are asked to renew within that time.
[[nodiscard]] Result<Rotation, std::string> begin_issuing(const GatewayConfig& config, const Rotation& rotation,
                                                          std::chrono::seconds renew_within);

/// From here on the authority of before counts no more. Whether a device is locked out by that was asked before.
[[nodiscard]] Result<Rotation, std::string> begin_retiring(const GatewayConfig& config, Store& store,
                                                           const Rotation& rotation, WallTime now);
/// Puts every file where it is looked for when nothing is under way. Requires Retiring.
[[nodiscard]] Result<Rotation, std::string> finish_retiring(const GatewayConfig& config, const Rotation& rotation);

/// Gives the next authority up. Whether it signed anything was asked before.
[[nodiscard]] Result<Rotation, std::string> give_up(const GatewayConfig& config, const Rotation& rotation);

/// Where the key of a retired authority is kept until somebody destroys it.
[[nodiscard]] std::string retired_directory(const GatewayConfig& config, const std::string& fingerprint);

}  // namespace sallyport
