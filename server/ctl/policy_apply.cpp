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
#include <thread>

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// For a gateway that does not say what became of an apply.
constexpr auto kPatience = std::chrono::seconds{60};
constexpr auto kPause = std::chrono::milliseconds{200};
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
  warn_of_uncounted_files(ctl, directory);
  auto files = read_policy_directory(directory);
  const auto loaded = files ? load_policy_texts(*files) : fail(files.error());
  if (loaded) return std::move(*files);
  ctl.console.fail(CtlExit::Failed, counted(loaded.error().size(), "error") + " in the policy; nothing has changed",
                   loaded.error());
  return std::nullopt;
}

/// A directory above the right one, or a wrong name, would take everything away from everybody.
std::string hint_for_no_policy(const std::string& directory) {
  for (const auto* below : {"policy.d", "policy"}) {
    const auto inner = (std::filesystem::path{directory} / below).string();
    const auto files = read_policy_directory(inner);
    if (files && !files->empty()) return "did you mean " + inner + "?";
  }
  return "is it the right directory? To take everything away from everybody: --empty";
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
  ctl.console.say(empty_text(*answer));
  ctl.console.say(impact_text(member_of(*answer, "impact"), Tense::Would, ctl.console.colour()));
  ctl.console.document(*answer);
  return CtlExit::Ok;
}

std::string running_digest(const Json& status) { return text_of(member_of(status, "policy"), "digest"); }

/// What can be refused before the policy directory is touched. Nullopt: nothing of that.
std::optional<LinkError> refusal_beforehand(const GatewayConfig& config, const std::vector<PolicyFile>& files,
                                            const Json& status, const Json& request) {
  const auto& policy = member_of(status, "policy");
  if (const auto& trial = member_of(policy, "pending"); trial.is_object()) {
    return LinkError{CtlExit::Failed,
                     fmt::format("version {} waits for confirmation until {}; nothing has changed",
                                 number_of(policy, "version"), text_of(trial, "until")),
                     fmt::format("first: sallyportctl policy confirm {}, or: sallyportctl policy rollback",
                                 number_of(policy, "version")),
                     {}};
  }
  if (!request.contains("max_cut")) return std::nullopt;
  auto answer = ask_impact(config, files);
  if (!answer) return answer.error();
  const auto cut = number_of(member_of(*answer, "impact"), "sessions_cut");
  const auto allowed = request.at("max_cut").get<std::int64_t>();
  if (cut <= static_cast<std::uint64_t>(allowed)) return std::nullopt;
  LinkError refusal{CtlExit::Failed,
                    fmt::format("{} would lose access, and --max-cut allows {}; nothing has changed",
                                counted(cut, "live session"), allowed),
                    fmt::format("look at who it is; then change the policy, or say: --max-cut {}", cut),
                    {}};
  refusal.answer = {{"v", 1},
                    {"ok", false},
                    {"error", refusal.words},
                    {"hint", refusal.hint},
                    {"reason", "too_many_cut"},
                    {"impact", member_of(*answer, "impact")}};
  return refusal;
}

enum class Taken : std::uint8_t { Yes, No, NotKnown };

/// The answer was lost on the way, or the gateway takes its time. Twice the same: a request may still wait in its
/// socket when it is first asked.
Taken find_out(const GatewayConfig& config, const std::string& digest) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  int times_settled = 0;
  while (times_settled < 2 && std::chrono::steady_clock::now() < deadline) {
    const auto status = ask_gateway(config, {{"do", "status"}});
    if (!status && status.error().code == CtlExit::NotRunning) return Taken::No;
    if (status && running_digest(*status) == digest) return Taken::Yes;
    const bool is_settled = status && member_of(member_of(*status, "policy"), "changing") != true;
    times_settled = is_settled ? times_settled + 1 : 0;
    std::this_thread::sleep_for(kPause);
  }
  return times_settled == 2 ? Taken::No : Taken::NotKnown;
}

void warn_unsettled(Ctl& ctl, const PolicyInstall& install) {
  if (const auto settled = install.settle(); !settled)
    ctl.console.note("The policy is in force, but its directory stays marked: " + to_string(settled.error()) +
                     "\nRun the same command again before the gateway is reloaded.\n");
}

CtlExit put_back(Ctl& ctl, const GatewayConfig& config, const PolicyInstall& install, const LinkError& refusal) {
  const auto undone = install.undo();
  const auto code = report_refused_change(ctl.console, refusal);
  if (!undone) {
    ctl.console.note(fmt::format(
        "The policy directory could not be put back: {}\n"
        "The gateway does not read it until it is whole: put the files of {}/{} back into it "
        "and remove {}/{}.\nWhat runs: sallyportctl policy history\n",
        to_string(undone.error()), config.policy_directory, kBeforeApply, config.policy_directory, kInstallMarker));
  } else if (!install.changed_nothing()) {
    ctl.console.note("The policy directory is as it was.\n");
  }
  return code;
}

CtlExit settle_unanswered(Ctl& ctl, const GatewayConfig& config, const PolicyInstall& install,
                          const LinkError& failure) {
  switch (find_out(config, install.digest().text())) {
    case Taken::Yes:
      warn_unsettled(ctl, install);
      return ctl.console.fail(CtlExit::Failed, "the gateway runs these files but did not answer: " + failure.words,
                              "see: sallyportctl status");
    case Taken::No:
      return put_back(ctl, config, install, failure);
    case Taken::NotKnown:
      break;
  }
  ctl.console.note(
      fmt::format("The new files lie in {}, marked so that no reload and no start takes them; the old "
                  "ones are in {}/{}.\n",
                  config.policy_directory, config.policy_directory, kBeforeApply));
  return ctl.console.fail(CtlExit::Failed, "it is not known whether the gateway took the policy: " + failure.words,
                          "when it answers again, run the same command again; see: sallyportctl status");
}

CtlExit apply_directory(Ctl& ctl, const GatewayConfig& config, const std::string& directory, Json request,
                        bool may_be_empty) {
  const auto files = good_files(ctl, directory);
  if (!files) return CtlExit::Failed;
  if (files->empty() && !may_be_empty)
    return ctl.console.fail(CtlExit::Failed, directory + " holds no *.toml; nothing has changed",
                            hint_for_no_policy(directory));
  const auto status = ask_gateway(config, {{"do", "status"}});
  if (!status) return report(ctl.console, status.error());
  if (const auto refusal = refusal_beforehand(config, *files, *status, request))
    return report_refused_change(ctl.console, *refusal);
  // Whoever interrupts now would leave a directory that is marked and read by no gateway.
  const SignalShield shield;
  const auto install = PolicyInstall::put(config.policy_directory, *files, PolicyDigest{running_digest(*status)});
  if (!install) return ctl.console.fail(CtlExit::Failed, to_string(install.error()), "nothing has changed");
  request["digest"] = install->digest().text();
  const auto answer = ask_gateway(config, std::move(request));
  if (answer) {
    warn_unsettled(ctl, *install);
    return show_change(ctl.console, *answer);
  }
  if (!answer.error().answer.is_object()) return settle_unanswered(ctl, config, *install, answer.error());
  return put_back(ctl, config, *install, answer.error());
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
    return apply_directory(ctl, *config, *directory, std::move(*request), options.may_be_empty);
  warn_of_uncounted_files(ctl, *directory);
  const auto answer = ask_gateway(*config, std::move(*request));
  return answer ? show_change(ctl.console, *answer) : report_refused_change(ctl.console, answer.error());
}

}  // namespace sallyport
