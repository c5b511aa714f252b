#include "server/ctl/command_line.hpp"
#include "server/ctl/policy_commands.hpp"
#include "server/ctl/readable.hpp"
#include "server/policy/age_limit.hpp"
#include "server/policy/loader.hpp"
#include "server/record/decision_reader.hpp"
#include "server/record/flow_replay.hpp"
#include "server/record/replay.hpp"

#include "common/base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kShownGroups = 100;
constexpr std::size_t kListedGroups = 2000;

struct ReplayOptions {
  std::string since = "7d";
  std::string decisions;  ///< empty: as the configuration says
  PolicyOptions candidate;
};

std::optional<std::string> decisions_path(Ctl& ctl, const ReplayOptions& options) {
  if (!options.decisions.empty()) return options.decisions;
  const auto config = ctl.config();
  if (!config) return std::nullopt;
  if (!config->decisions.empty()) return config->decisions;
  ctl.console.fail(CtlExit::Failed, "the gateway keeps no decisions",
                   "take \"decisions = false\" out of " + ctl.config_path + ", or name a file with --decisions");
  return std::nullopt;
}

void tell_damage(Ctl& ctl, const ReadDecisions& read) {
  if (read.damaged == 0) return;
  ctl.console.note(fmt::format("{} could not be read and {} passed over:\n", counted(read.damaged, "line"),
                               read.damaged == 1 ? "was" : "were"));
  for (const auto& each : read.damage) {
    ctl.console.note(fmt::format("  {}:{}: {}\n", each.file, each.line, escape_untrusted(each.error)));
  }
}

void tell_replay(Ctl& ctl, const Replay& replay, const ReplayOptions& options, const std::string& hash) {
  ctl.console.say(fmt::format("{} of the last {} judged by {} ({}): {} would be denied, {} would be allowed\n",
                              counted(replay.judged(), "decision"), options.since, options.candidate.directory, hash,
                              replay.newly_denied(), replay.newly_allowed()));
  const auto groups = replay.groups();
  for (std::size_t i = 0; i < std::min(groups.size(), kShownGroups); ++i) {
    ctl.console.say("  " + to_text(groups[i]) + '\n');
  }
  if (groups.size() > kShownGroups) {
    ctl.console.note(fmt::format("  {} more; all are in the answer of --json\n", groups.size() - kShownGroups));
  }
  if (replay.judged() == 0) ctl.console.note("No decision of that time is recorded.\n");
}

void tell_flows(Ctl& ctl, const FlowReplay& flows) {
  if (flows.followed() == 0) return;
  ctl.console.say(fmt::format("{} followed from start to end: {} would have been cut on the way\n",
                              counted(flows.followed(), "flow"), flows.cut()));
  const auto groups = flows.groups();
  for (std::size_t i = 0; i < std::min(groups.size(), kShownGroups); ++i) {
    ctl.console.say("  " + to_text(groups[i]) + '\n');
  }
  if (groups.size() > kShownGroups) {
    ctl.console.note(fmt::format("  {} more; all are in the answer of --json\n", groups.size() - kShownGroups));
  }
  if (flows.unfinished() != 0) {
    ctl.console.note(
        fmt::format("{} judged {} times and no further\n", counted(flows.unfinished(), "flow"), FlowReplay::kMaxSteps));
  }
}

Json document_of(const Replay& replay, const FlowReplay& flows, const ReadDecisions& read, WallTime since,
                 const std::string& hash) {
  Json document = to_json(replay, kListedGroups);
  document["flows"] = to_json(flows, kListedGroups);
  document["since"] = format_utc(since);
  document["policy"] = hash;
  document["damaged"] = read.damaged;
  document["damage"] = Json::array();
  for (const auto& each : read.damage) {
    document["damage"].push_back({{"file", each.file}, {"line", each.line}, {"error", each.error}});
  }
  return document;
}

CtlExit run_replay(Ctl& ctl, const ReplayOptions& options) {
  const auto age = parse_age(options.since);
  if (!age) return ctl.console.fail(CtlExit::Usage, "--since: " + age.error());
  const auto directory = policy_directory(ctl, options.candidate);
  if (!directory) return CtlExit::Failed;
  const auto path = decisions_path(ctl, options);
  if (!path) return CtlExit::Failed;
  warn_of_uncounted_files(ctl, *directory);
  const auto loaded = load_policy(*directory);
  if (!loaded) return ctl.console.fail(CtlExit::Failed, "the candidate policy cannot be used", loaded.error());
  Replay replay{loaded->policy};
  FlowReplay flows{loaded->policy};
  const WallTime since = ctl.now - *age;
  const auto read = read_decisions(*path, since, [&](const DecisionRecord& record) {
    replay.add(record);
    flows.add(record);
  });
  if (!read) return ctl.console.fail(CtlExit::Failed, to_string(read.error()), "use sudo, or the gateway's own user");
  if (read->files == 0) {
    return ctl.console.fail(CtlExit::Failed, *path + ": there is no such file",
                            "a gateway writes it; another one can be named with --decisions FILE");
  }
  tell_replay(ctl, replay, options, loaded->policy->hash());
  tell_flows(ctl, flows);
  tell_damage(ctl, *read);
  ctl.console.document(document_of(replay, flows, *read, since, loaded->policy->hash()));
  return CtlExit::Ok;
}

}  // namespace

void add_policy_replay(Command noun, Ctl& ctl) {
  const auto options = std::make_shared<ReplayOptions>();
  const auto verb = add_verb<ReplayOptions>(
      noun, ctl, "replay", "Judge recorded decisions again under a candidate policy",
      "  sallyportctl policy replay --since 7d ./policy.d\n"
      "  sallyportctl policy replay --since 12h ./policy.d --json | jq '.groups[] | "
      "select(.would_be.verdict==\"deny\")'\n"
      "Says what would have been otherwise, by person, destination and rule. Times and the age of evidence are those "
      "of\n"
      "the record. Needs no gateway, only the file that one wrote (\"decisions\" in its configuration): of allowed "
      "flows\n"
      "one decision per session, destination, rule and hour is in it. Where the end of a flow is recorded too, of "
      "rules\n"
      "with log = \"flows\", it is followed: a candidate that would have cut it while it lived, at the end of hours or "
      "of\n"
      "what evidence is good for, is named with the time. Of all others only the start is judged. Exits with 0 "
      "whatever\n"
      "would change.",
      options, run_replay);
  verb.add_option("DIR", options->candidate.directory, "Directory of the candidate policy, *.toml").required();
  verb.add_option("--since", options->since, "How far back, like 12h or 7d").show_default();
  verb.add_option("--decisions", options->decisions, "The file of decisions; default: that of the configuration");
}

}  // namespace sallyport
