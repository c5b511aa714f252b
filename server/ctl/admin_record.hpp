#pragma once

#include "common/log/audit.hpp"
#include "server/ctl/gateway_link.hpp"

#include <optional>

namespace sallyport {

/// Has the running gateway write to the audit file what an administrator does, and writes it here when none runs. Who
/// asked is added. The error says why there is no record: what gives somebody a right must then not happen.
[[nodiscard]] std::optional<LinkError> record_action(const GatewayConfig& config, AuditRecord record, WallTime now);

/// The same, written here whether a gateway runs or not; one that runs is in the way.
[[nodiscard]] std::optional<LinkError> record_here(const GatewayConfig& config, AuditRecord record, WallTime now);

/// "it is done, but cannot be recorded".
CtlExit fail_unrecorded(Console& console, const std::string& done, const LinkError& error);

}  // namespace sallyport
