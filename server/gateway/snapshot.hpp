#pragma once

#include "common/base/diagnostic.hpp"
#include "common/base/result.hpp"
#include "server/config/gateway_config.hpp"
#include "server/gateway/trust_loader.hpp"
#include "server/policy/loader.hpp"

#include <string>

namespace sallyport {

/// All that the files say at one moment, checked as a whole: start, reload and --check go through here.
struct Snapshot {
  GatewayConfig config;
  LoadedTrust trust;
  LoadedPolicy policy;
};

/// Changes nothing. The diagnostics of all parts are returned together.
[[nodiscard]] Result<Snapshot, Diagnostics> load_snapshot(const std::string& config_path, WallTime now);

}  // namespace sallyport
