#pragma once

#include "common/log/audit.hpp"
#include "server/config/gateway_config.hpp"

namespace sallyport {

/// Writes to the gateway's audit file while no gateway runs that would. Says who asked for it in `by`: root, or the
/// user, and the person behind them.
[[nodiscard]] Result<void, FileError> audit_here(const GatewayConfig& config, AuditRecord record);

}  // namespace sallyport
