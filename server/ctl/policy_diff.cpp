#include "server/policy/analysis/policy_diff.hpp"
#include "server/ctl/policy_commands.hpp"
#include "server/ctl/policy_impact.hpp"
#include "server/policy/policy_directory.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

std::optional<LoadedPolicy> load(Ctl& ctl, const std::string& directory) {
  auto loaded = load_policy(directory);
  if (loaded) return std::move(*loaded);
  ctl.console.fail(CtlExit::Failed, "the policy in " + directory + " cannot be used", loaded.error());
  return std::nullopt;
}

/// Adds what the running gateway says the new files would cut. Without one there is nothing to count.
void add_impact(Ctl& ctl, const std::string& directory, Json& document) {
  const auto config = ctl.config();
  auto files = read_policy_directory(directory);
  if (!config || !files) return;
  const auto answer = ask_impact(*config, std::move(*files));
  if (answer) {
    document["impact"] = member_of(*answer, "impact");
    return ctl.console.say(impact_text(member_of(*answer, "impact"), Tense::Would, ctl.console.colour()));
  }
  const auto& error = answer.error();
  ctl.console.note(error.code == CtlExit::NotRunning ? "No gateway is running: no live flows to count.\n"
                                                     : "Live flows are not counted: " + error.words + ".\n");
}

}  // namespace

CtlExit diff_policies(Ctl& ctl, const DiffOptions& options) {
  const bool against_configured = options.after.empty();
  const auto old_directory = policy_directory(ctl, {against_configured ? std::string{} : options.before});
  const auto new_directory = policy_directory(ctl, {against_configured ? options.before : options.after});
  if (!old_directory || !new_directory) return CtlExit::Failed;
  const auto before = load(ctl, *old_directory);
  if (!before) return CtlExit::Failed;
  const auto after = load(ctl, *new_directory);
  if (!after) return CtlExit::Failed;
  const auto diff = PolicyDiff::between(before->policy, after->policy, ctl.now);
  if (!diff) return ctl.console.fail(CtlExit::Failed, diff.error());
  ctl.console.say(to_text(*diff));
  auto document = to_json(*diff);
  document["old_directory"] = *old_directory;
  document["new_directory"] = *new_directory;
  if (against_configured) add_impact(ctl, *new_directory, document);
  ctl.console.document(std::move(document));
  return options.exit_code && !diff->changes().empty() ? CtlExit::Failed : CtlExit::Ok;
}

}  // namespace sallyport
