#include "server/gateway/snapshot.hpp"

#include <utility>

namespace sallyport {

Result<Startup, Diagnostics> load_startup(const std::string& config_path, WallTime now) {
  auto config = load_gateway_config(config_path);
  if (!config) return fail(config.error());
  auto trust = load_trust(*config, now);
  auto policy = find_starting_policy(*config);
  auto problems = problems_of(trust, policy);
  if (!problems.empty()) return fail(std::move(problems));
  return Startup{.config = std::move(*config), .trust = std::move(*trust), .policy = std::move(*policy)};
}

}  // namespace sallyport
