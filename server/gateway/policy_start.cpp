#include "server/gateway/policy_start.hpp"

#include <utility>

namespace sallyport {
namespace {

std::string first_line(const Diagnostics& diagnostics) {
  return diagnostics.empty() ? std::string{} : to_string(diagnostics.front());
}

void read_record(const PolicyStore& store, PolicyStart& start) {
  auto record = store.load();
  if (record && *record) start.record = std::move(**record);
  if (record) return;
  start.damage = to_string(record.error());
  start.must_set_aside = true;
}

}  // namespace

Result<PolicyStart, Diagnostics> find_starting_policy(const GatewayConfig& config) {
  const PolicyStore store{config.policy_history()};
  PolicyStart start;
  read_record(store, start);
  auto files = read_policy_files(config.policy_directory);
  if (files) start.source = choose_at_start(start.record, files->packed.digest);
  if (start.source.version) {
    auto kept = check_version(store, *start.record.find(*start.source.version));
    if (kept) {
      start.policy = std::move(*kept);
      return start;
    }
    start.damage = "version " + to_string(*start.source.version) + " cannot be used: " + first_line(kept.error());
    start.source = {};
  }
  if (!files) return fail(files.error());
  auto policy = check_policy(std::move(*files));
  if (!policy) return fail(policy.error());
  start.policy = std::move(*policy);
  return start;
}

}  // namespace sallyport
