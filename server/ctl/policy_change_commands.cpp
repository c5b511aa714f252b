#include "server/ctl/policy_change_commands.hpp"

#include "common/base/text.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/ctl/policy_change_text.hpp"

namespace sallyport {
namespace {

constexpr std::int64_t kMaxNumber = 4'294'967'295;

void add_max_cut(Command verb, std::int64_t& max_cut) {
  verb.add_option("--max-cut", max_cut, "Change nothing when more live sessions than this would lose access")
      .between(0, kMaxNumber)
      .type_name("SESSIONS");
}

void add_apply(Command noun, Ctl& ctl) {
  const auto options = std::make_shared<ApplyOptions>();
  const auto verb = add_verb<ApplyOptions>(
      noun, ctl, "apply", "Put a policy in force while people work",
      "  sallyportctl policy apply                       what the gateway's policy directory holds\n"
      "  sallyportctl policy apply --confirm 2m          goes back by itself unless you type: policy confirm\n"
      "  sallyportctl policy apply --max-cut 0           not if anybody connected would lose access\n"
      "  sallyportctl policy apply ./policy.d            puts these files into the policy directory first\n"
      "  sallyportctl policy apply ./policy.d --dry-run  only says whom it would cut\n"
      "The policy is checked and its own tests run; then it is in force at once, for live flows too. Whatever is "
      "wrong,\n"
      "what runs keeps running and the policy directory is as it was.",
      options, apply_policy);
  verb.add_option("DIR", options->directory, "Directory of *.toml; default: that of the gateway's configuration");
  verb.add_option("--confirm", options->confirm, "How long it stays in force without: policy confirm (10s to 24h)")
      .type_name("TIME");
  add_max_cut(verb, options->max_cut);
  verb.add_flag("--empty", options->may_be_empty, "Take a DIR without any policy: nobody reaches anything then");
  verb.add_flag("--dry-run", options->only_ask, "Change nothing, only say what would be cut");
}

void add_rollback(Command noun, Ctl& ctl) {
  const auto options = std::make_shared<RollbackOptions>();
  const auto verb = add_verb<RollbackOptions>(
      noun, ctl, "rollback", "Bring an older policy back",
      "  sallyportctl policy rollback               the one before\n"
      "  sallyportctl policy rollback 7             version 7 of: sallyportctl policy history\n"
      "  sallyportctl policy rollback --max-cut 0   not if anybody connected would lose access\n"
      "The policy directory stays as it is. While it holds the files that were rolled back, the gateway keeps to the\n"
      "older version at every reload and restart; as soon as it holds others, those count.",
      options, roll_back_policy);
  verb.add_option("VERSION", options->version, "Number of the version; default: one step back")
      .between(1, kMaxNumber)
      .type_name("");
  add_max_cut(verb, options->max_cut);
}

void add_confirm(Command noun, Ctl& ctl) {
  const auto options = std::make_shared<ConfirmOptions>();
  const auto verb = add_verb<ConfirmOptions>(
      noun, ctl, "confirm", "Keep a policy that was applied with --confirm",
      "  sallyportctl policy apply --confirm 2m && ssh office true && sallyportctl policy confirm\n"
      "  sallyportctl policy confirm 8     version 8 and no other, as the apply told you\n"
      "Without it the gateway goes back by itself, also when it is restarted meanwhile.",
      options, confirm_policy);
  verb.add_option("VERSION", options->version, "Number of the version; default: whichever is on trial")
      .between(1, kMaxNumber)
      .type_name("");
}

void add_history(Command noun, Ctl& ctl) {
  const auto options = std::make_shared<HistoryOptions>();
  const auto verb = add_verb<HistoryOptions>(
      noun, ctl, "history", "List the policies that were in force",
      "  sallyportctl policy history\n"
      "  sallyportctl policy history --show 7                 print its files\n"
      "  sallyportctl policy history --show 7 --out ./old     write its files into a new directory\n"
      "Needs no running gateway.",
      options, show_policy_history);
  auto show = verb.add_option("--show", options->show, "One version").between(1, kMaxNumber).type_name("VERSION");
  verb.add_option("--out", options->out, "Where to write its files; made by this command").type_name("DIR").needs(show);
}

}  // namespace

std::optional<std::chrono::seconds> parse_waiting_time(std::string_view text) noexcept {
  constexpr unsigned kMost = 1'000'000;
  const auto unit = text.empty() ? '\0' : text.back();
  const auto number = parse_decimal(text.substr(0, text.size() - (text.empty() ? 0 : 1)), kMost);
  const std::int64_t seconds = unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3600 : 0;
  if (!number || seconds == 0) return std::nullopt;
  return std::chrono::seconds{*number * seconds};
}

CtlExit confirm_policy(Ctl& ctl, const ConfirmOptions& options) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  auto request = change_request("policy.confirm");
  if (options.version > 0) request["version"] = options.version;
  return ask_and_show(ctl.console, *config, std::move(request), [&ctl](const nlohmann::json& answer) {
    ctl.console.say(policy_name(answer) + " stays in force.\n");
  });
}

CtlExit roll_back_policy(Ctl& ctl, const RollbackOptions& options) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  auto request = change_request("policy.rollback");
  if (options.version > 0) request["version"] = options.version;
  if (options.max_cut >= 0) request["max_cut"] = options.max_cut;
  const auto answer = ask_gateway(*config, std::move(request));
  if (!answer) return report_refused_change(ctl.console, answer.error());
  ctl.console.say(change_text(*answer, ctl.console.colour()));
  ctl.console.note("The policy directory is unchanged; as soon as it holds other files, those count.\n");
  ctl.console.document(*answer);
  return CtlExit::Ok;
}

void add_policy_change_commands(Command noun, Ctl& ctl) {
  add_apply(noun, ctl);
  add_confirm(noun, ctl);
  add_rollback(noun, ctl);
  add_history(noun, ctl);
}

}  // namespace sallyport
