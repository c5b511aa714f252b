#include "server/gateway/snapshot.hpp"

#include <utility>

namespace sallyport {
namespace {

template <class T>
void collect(Diagnostics& all, const Result<T, Diagnostics>& part) {
  if (!part) all.insert(all.end(), part.error().begin(), part.error().end());
}

}  // namespace

Result<Snapshot, Diagnostics> load_snapshot(const std::string& config_path, WallTime now) {
  auto config = load_gateway_config(config_path);
  if (!config) return fail(config.error());
  auto trust = load_trust(*config, now);
  auto policy = load_policy(config->policy_directory);
  Diagnostics problems;
  collect(problems, trust);
  collect(problems, policy);
  if (!problems.empty()) return fail(std::move(problems));
  return Snapshot{.config = std::move(*config), .trust = std::move(*trust), .policy = std::move(*policy)};
}

}  // namespace sallyport
