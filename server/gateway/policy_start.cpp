#include "server/gateway/policy_start.hpp"

#include "server/history/policy_install.hpp"

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

/// Half a policy is none: what ran before stays, unless it was on trial.
PolicySource choose_without_directory(const PolicyRecord& record) {
  if (record.running() == nullptr) return {};
  if (record.pending()) return {PolicyChoice::Unconfirmed, record.pending()->previous};
  return {PolicyChoice::Held, record.running()->number};
}

}  // namespace

Result<PolicyStart, Diagnostics> find_starting_policy(const GatewayConfig& config) {
  const PolicyStore store{config.policy_history()};
  PolicyStart start;
  read_record(store, start);
  auto files = read_policy_files(config.policy_directory);
  if (files)
    start.source = choose_at_start(start.record, files->packed.digest);
  else if (is_half_installed(config.policy_directory))
    start.source = choose_without_directory(start.record);
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
