#pragma once

#include "common/base/diagnostic.hpp"
#include "common/base/result.hpp"
#include "server/config/gateway_config.hpp"
#include "server/gateway/policy_start.hpp"
#include "server/gateway/trust_loader.hpp"
#include "server/policy/loader.hpp"

#include <cstdint>
#include <string>

namespace sallyport {

/// All that a gateway goes by at one moment.
struct Snapshot {
  GatewayConfig config;
  LoadedTrust trust;
  LoadedPolicy policy;
  std::uint64_t trust_generation = 1;  ///< which trust that is, among those this process has used
};

/// What start and --check find, checked as a whole.
struct Startup {
  GatewayConfig config;
  LoadedTrust trust;
  PolicyStart policy;
  unsigned allow_stranding = 0;  ///< known devices that the start may lock out, where that is more than strand_limit
};

/// Changes nothing. The diagnostics of all parts are returned together.
[[nodiscard]] Result<Startup, StartFailure> load_startup(const std::string& config_path, WallTime now);

/// What is wrong with either part.
template <class A, class B>
[[nodiscard]] Diagnostics problems_of(const Result<A, Diagnostics>& a, const Result<B, Diagnostics>& b) {
  Diagnostics problems;
  if (!a) problems.insert(problems.end(), a.error().begin(), a.error().end());
  if (!b) problems.insert(problems.end(), b.error().begin(), b.error().end());
  return problems;
}

}  // namespace sallyport
