#include "server/gateway/snapshot.hpp"

#include <utility>

namespace sallyport {

Result<Startup, StartFailure> load_startup(const std::string& config_path, WallTime now) {
  auto config = load_gateway_config(config_path);
  if (!config) return fail(StartFailure{config.error()});
  auto trust = load_trust(*config, now);
  auto policy = find_starting_policy(*config);
  if (!trust || !policy) {
    StartFailure failure = policy ? StartFailure{} : std::move(policy.error());
    if (trust) return fail(std::move(failure));
    failure.may_pass = false;
    failure.diagnostics.insert(failure.diagnostics.begin(), trust.error().begin(), trust.error().end());
    return fail(std::move(failure));
  }
  return Startup{.config = std::move(*config), .trust = std::move(*trust), .policy = std::move(*policy)};
}

}  // namespace sallyport
