#include "server/gateway/policy_start.hpp"

#include "server/history/policy_install.hpp"
#include "server/policy/uncounted_files.hpp"

#include <utility>

namespace sallyport {
namespace {

std::string first_line(const Diagnostics& diagnostics) {
  return diagnostics.empty() ? std::string{} : to_string(diagnostics.front());
}

StartFailure cannot_be_read(const HistoryError& error) {
  return {{{error.path, 0, 0, error.message,
            "the policy that must run is written there; starting is tried again until it can be read"}},
          true};
}

/// Only what is wrong for good may be forgotten: it says which policies must not run.
Result<void, StartFailure> read_record(const PolicyStore& store, PolicyStart& start) {
  auto record = store.load();
  if (record && *record) start.record = std::move(**record);
  if (record) return {};
  if (!record.error().is_damage) return fail(cannot_be_read(record.error()));
  start.damage = to_string(record.error());
  start.must_set_aside = true;
  return {};
}

StartFailure nothing_left(const GatewayConfig& config, const PolicyStart& start) {
  return {{{config.policy_history(), 0, 0,
            "the files in " + config.policy_directory +
                " must not run, and no version that may can be used: " + start.damage,
            "see: sallyportctl policy history. Once " + config.policy_directory +
                " holds what must run, forget the history: mv " + config.policy_history() + ' ' +
                config.policy_history() + ".aside"}},
          false};
}

/// The version that must run, else the newest before it that may. Never the directory: it holds what may not.
Result<void, StartFailure> use_version(const GatewayConfig& config, const PolicyStore& store, PolicyStart& start) {
  auto candidates = start.record.fallbacks(*start.source.version);
  candidates.insert(candidates.begin(), *start.source.version);
  for (const auto number : candidates) {
    const auto& version = *start.record.find(number);
    if (const auto kept = store.files(version.digest); !kept && !kept.error().is_damage)
      return fail(cannot_be_read(kept.error()));
    auto checked = check_version(store, version);
    if (checked) {
      start.policy = std::move(*checked);
      start.source.version = number;
      return {};
    }
    if (start.damage.empty())
      start.damage = "version " + to_string(number) + " cannot be used: " + first_line(checked.error());
  }
  return fail(nothing_left(config, start));
}

}  // namespace

std::string_view why_not_the_directory(PolicyChoice choice) noexcept {
  switch (choice) {
    case PolicyChoice::Directory:
      return {};
    case PolicyChoice::Held:
      return "the policy directory holds files that were taken out of force";
    case PolicyChoice::Unconfirmed:
    case PolicyChoice::AwaitingConfirmation:
      return "nobody confirmed the policy on trial before the gateway stopped";
    case PolicyChoice::HalfInstalled:
      return "sallyportctl policy apply is under way in the policy directory or was cut short there";
  }
  return {};
}

Result<PolicyStart, StartFailure> find_starting_policy(const GatewayConfig& config) {
  const PolicyStore store{config.policy_history()};
  PolicyStart start;
  start.uncounted = find_uncounted_files(config.policy_directory);
  if (auto read = read_record(store, start); !read) return fail(read.error());
  auto files = read_policy_files(config.policy_directory);
  start.source = files ? choose_at_start(start.record, files->packed.digest)
                       : choose_without_directory(start.record, is_half_installed(config.policy_directory));
  if (start.source.version) {
    if (auto used = use_version(config, store, start); !used) return fail(used.error());
    return start;
  }
  if (!files) return fail(StartFailure{files.error()});
  auto policy = check_policy(std::move(*files));
  if (!policy) return fail(StartFailure{policy.error()});
  start.policy = std::move(*policy);
  return start;
}

}  // namespace sallyport
