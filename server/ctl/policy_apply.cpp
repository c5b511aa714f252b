#include "server/ctl/gateway_link.hpp"
#include "server/ctl/policy_change_commands.hpp"
#include "server/ctl/policy_change_text.hpp"
#include "server/ctl/policy_commands.hpp"
#include "server/ctl/policy_impact.hpp"
#include "server/ctl/readable.hpp"
#include "server/ctl/signal_shield.hpp"
#include "server/history/packed_policy.hpp"
#include "server/history/policy_install.hpp"
#include "server/policy/policy_directory.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr auto kShortestWait = std::chrono::seconds{10};
constexpr auto kLongestWait = std::chrono::seconds{std::chrono::hours{24}};

/// Nullopt: `options` make no sense, which was then said.
std::optional<Json> request_for(Ctl& ctl, const ApplyOptions& options) {
  auto request = change_request("policy.apply");
  if (options.max_cut >= 0) request["max_cut"] = options.max_cut;
  if (options.confirm.empty()) return request;
  const auto wait = parse_waiting_time(options.confirm);
  if (!wait || *wait < kShortestWait || *wait > kLongestWait) {
    ctl.console.fail(CtlExit::Usage, "--confirm: \"" + options.confirm + "\" is no time from 10s to 24h",
                     "write 90s, 2m or 1h");
    return std::nullopt;
  }
  request["confirm"] = wait->count();
  return request;
}

/// Offline, so that a wrong policy never even reaches the gateway's directory.
std::optional<std::vector<PolicyFile>> good_files(Ctl& ctl, const std::string& directory) {
  auto files = read_policy_directory(directory);
  const auto loaded = files ? load_policy_texts(*files) : fail(files.error());
  if (loaded) return std::move(*files);
  ctl.console.fail(CtlExit::Failed, counted(loaded.error().size(), "error") + " in the policy; nothing has changed",
                   loaded.error());
  return std::nullopt;
}

CtlExit show_change(Console& console, const Json& answer) {
  console.say(change_text(answer, console.colour()));
  console.document(answer);
  return CtlExit::Ok;
}

CtlExit dry_run(Ctl& ctl, const GatewayConfig& config, const std::string& directory) {
  auto files = good_files(ctl, directory);
  if (!files) return CtlExit::Failed;
  const auto answer = ask_impact(config, std::move(*files));
  if (!answer) return report(ctl.console, answer.error());
  ctl.console.say(fmt::format("The policy in {} ({}) would be taken.\n", directory, text_of(*answer, "hash")));
  ctl.console.say(impact_text(member_of(*answer, "impact"), Tense::Would, ctl.console.colour()));
  ctl.console.document(*answer);
  return CtlExit::Ok;
}

/// Whether the gateway runs exactly these files: its answer may have been lost on the way.
bool runs(const GatewayConfig& config, const std::vector<PolicyFile>& files) {
  const auto packed = pack_policy(files);
  const auto status = ask_gateway(config, {{"do", "status"}});
  return packed && status && text_of(member_of(*status, "policy"), "digest") == packed->digest.text();
}

CtlExit put_back(Ctl& ctl, const PolicyInstall& install, const LinkError& refusal) {
  const auto undone = install.undo();
  const auto code = report_refused_change(ctl.console, refusal);
  if (!undone) {
    ctl.console.note("The policy directory could not be put back: " + to_string(undone.error()) +
                     "\nMend it by hand before the gateway is reloaded or restarted.\n");
  } else if (!install.changed_nothing()) {
    ctl.console.note("The policy directory is as it was.\n");
  }
  return code;
}

CtlExit apply_directory(Ctl& ctl, const GatewayConfig& config, const std::string& directory, Json request) {
  const auto files = good_files(ctl, directory);
  if (!files) return CtlExit::Failed;
  if (const auto status = ask_gateway(config, {{"do", "status"}}); !status) {
    return report(ctl.console, status.error());
  }
  // Whoever interrupts now would leave files of one policy beside those of another, or a policy nobody asked about.
  const SignalShield shield;
  const auto install = PolicyInstall::put(config.policy_directory, *files);
  if (!install) return ctl.console.fail(CtlExit::Failed, to_string(install.error()), "nothing has changed");
  const auto answer = ask_gateway(config, std::move(request));
  if (answer) return show_change(ctl.console, *answer);
  const bool is_clear_refusal = answer.error().answer.is_object();
  if (!is_clear_refusal && runs(config, *files)) {
    return ctl.console.fail(CtlExit::Failed, "the gateway runs these files but did not answer: " + answer.error().words,
                            "see: sallyportctl status");
  }
  return put_back(ctl, *install, answer.error());
}

bool is_configured(const GatewayConfig& config, const std::string& directory) {
  std::error_code ignored;
  return std::filesystem::equivalent(config.policy_directory, directory, ignored);
}

}  // namespace

CtlExit apply_policy(Ctl& ctl, const ApplyOptions& options) {
  auto request = request_for(ctl, options);
  if (!request) return CtlExit::Usage;
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  const auto directory = policy_directory(ctl, PolicyOptions{options.directory});
  if (!directory) return CtlExit::Failed;
  if (options.only_ask) return dry_run(ctl, *config, *directory);
  if (!options.directory.empty() && !is_configured(*config, *directory))
    return apply_directory(ctl, *config, *directory, std::move(*request));
  const auto answer = ask_gateway(*config, std::move(*request));
  return answer ? show_change(ctl.console, *answer) : report_refused_change(ctl.console, answer.error());
}

}  // namespace sallyport
