#include "server/policy/analysis/policy_diff.hpp"
#include "server/ctl/known_devices.hpp"
#include "server/ctl/policy_commands.hpp"
#include "server/ctl/policy_impact.hpp"
#include "server/policy/policy_directory.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

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
  constexpr const char* kOtherwise = "name both directories: sallyportctl policy diff OLD NEW";
  const bool against_configured = options.after.empty();
  const auto old_directory = policy_directory(ctl, {against_configured ? std::string{} : options.before}, kOtherwise);
  if (!old_directory) return CtlExit::Failed;
  const auto new_directory = policy_directory(ctl, {against_configured ? options.before : options.after}, kOtherwise);
  if (!new_directory) return CtlExit::Failed;
  const auto before = load_asked(ctl, *old_directory);
  if (!before) return CtlExit::Failed;
  const auto after = load_asked(ctl, *new_directory);
  if (!after) return CtlExit::Failed;
  const auto diff = PolicyDiff::between(before->loaded.policy, after->loaded.policy, ctl.now);
  if (!diff) return ctl.console.fail(CtlExit::Failed, diff.error());
  const auto devices = known_devices(ctl.config_path);
  Json document = Json::object();
  if (ctl.console.json()) {
    document = to_json(*diff, devices);
    document["old_directory"] = *old_directory;
    document["new_directory"] = *new_directory;
    document["failed_tests"] = after->failed_tests;
  } else {
    ctl.console.say(to_text(*diff, devices));
  }
  if (against_configured) add_impact(ctl, *new_directory, document);
  ctl.console.document(std::move(document));
  return options.exit_code && !diff->changes().empty() ? CtlExit::Failed : CtlExit::Ok;
}

}  // namespace sallyport
