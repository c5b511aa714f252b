#include "server/ctl/explain_code.hpp"
#include "server/ctl/command_line.hpp"
#include "server/ctl/explanation_text.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/ctl/live_text.hpp"
#include "server/ctl/readable.hpp"
#include "server/ctl/recorded_refusal.hpp"
#include "server/session/reference_code.hpp"

#include "common/base/text.hpp"

#include <fmt/format.h>

namespace sallyport {
namespace {

using Json = nlohmann::json;

std::string safe(const Json& object, const char* key) { return escape_untrusted(text_of(object, key), 512); }

/// For a command that is suggested.
std::string word(const Json& object, const char* key) { return shell_word(safe(object, key)); }

std::string ago(const Json& answer, WallTime now) {
  const auto time = parse_utc(text_of(answer, "time"));
  return time && *time <= now ? " (" + readable_duration(now - *time) + " ago)" : std::string{};
}

/// A rule that did not match, and what it lacked.
std::string lacking_text(const Json& rule) {
  std::string text;
  for (const auto& each : member_of(rule, "conditions")) {
    if (member_of(each, "met") == true) continue;
    text += fmt::format("{}{} (asks {}; was {})", text.empty() ? "" : ", and ", safe(each, "key"),
                        safe(each, "required"), safe(each, "actual"));
  }
  return text;
}

bool lacks_only_service(const Json& rule) {
  for (const auto& each : member_of(rule, "conditions")) {
    if ((member_of(each, "met") == true) == (text_of(each, "key") == "to")) return false;
  }
  return true;
}

std::string turning_text(const Json& explanation) {
  const auto& rules = member_of(explanation, "candidates");
  if (!rules.is_array()) return {};
  if (text_of(explanation, "reason") == "denied_by_rule") {
    return fmt::format("[deny.{}] must no longer match: change what it asks, or what this session brings.\n",
                       safe(explanation, "rule"));
  }
  for (const auto& rule : rules) {
    if (text_of(rule, "kind") != "allow" || member_of(rule, "shadow") == true) continue;
    const auto lacking = lacking_text(rule);
    if (lacking.empty()) continue;
    if (lacks_only_service(rule)) {
      return fmt::format(
          "[allow.{}] reaches this address, but not this port: add it to a resource that a rule names.\n",
          safe(rule, "rule"));
    }
    return fmt::format("[allow.{}] came nearest; it lacked {}.\n", safe(rule, "rule"), lacking);
  }
  return "no allow rule speaks about this address: only a change of the policy opens it.\n";
}

std::string next_text(const Json& answer) {
  const auto place = fmt::format("--as {} --device {} --to {}", word(answer, "user"), word(answer, "device"),
                                 word(answer, "destination"));
  return fmt::format(
      "  Now:     sallyportctl policy explain {}\n"
      "  Watch:   sallyportctl trace --device {} --to {}\n",
      place, word(answer, "device"), word(answer, "destination"));
}

void tell_explanation(Ctl& ctl, const Json& answer) {
  if (const auto& then = member_of(answer, "explanation"); then.is_object()) {
    if (const auto version = number_of(answer, "policy_version"); version != 0) {
      ctl.console.say(
          fmt::format("  Judged by version {} of the policy, which is no longer in the files (all of it: "
                      "sallyportctl policy history --show {}):\n\n",
                      version, version));
    }
    ctl.console.say(explanation_text(then, ctl.console));
    ctl.console.say("\n  To turn it: " + turning_text(then));
    return;
  }
  const auto line = [&ctl](const char* label, const std::string& text) {
    if (!text.empty()) ctl.console.say(fmt::format("  {:<8} {}\n", label, text));
  };
  const auto rule = safe(answer, "rule");
  const auto file = safe(answer, "file");
  line("because", safe(answer, "reason"));
  if (!rule.empty()) {
    const auto kind = safe(answer, "kind");
    line("rule", fmt::format("[{}.{}]{}", kind.empty() ? "deny" : kind, rule,
                             file.empty() ? "" : fmt::format(" at {}:{}", file, number_of(answer, "line"))));
  }
  if (const auto policy = safe(answer, "policy"); !policy.empty())
    line("policy", policy + ", which is no longer the one at hand");
  if (const auto& now = member_of(answer, "explanation_by_files"); now.is_object()) {
    ctl.console.say("\n  The same evidence at the same time, judged by the policy in the files:\n\n");
    ctl.console.say(explanation_text(now, ctl.console));
  }
}

/// What lets a device in that was not, where one command does.
std::string remedy_of(const Json& answer) {
  const auto reason = text_of(answer, "reason");
  if (reason == "device_disabled") return "sallyportctl devices enable " + word(answer, "device");
  if (reason == "user_disabled") return "sallyportctl users enable " + word(answer, "user");
  if (reason == "unknown_device") return "sallyportctl tokens create --user " + word(answer, "user");
  return "sallyportctl devices show " + word(answer, "device");
}

void tell_story(Ctl& ctl, const Json& answer) {
  if (const auto told = number_of(answer, "told"); told > 1) {
    ctl.console.say(fmt::format("This code was told {} times; the latest is shown.\n", told));
  }
  if (text_of(answer, "event") == "session.refused") {
    ctl.console.say(fmt::format("{} was told to {} on {} at {}{}: the device was not let in, {}\n",
                                safe(answer, "code"), safe(answer, "user"), safe(answer, "device"),
                                safe(answer, "time"), ago(answer, ctl.now), safe(answer, "reason")));
    ctl.console.say("  Next:    " + remedy_of(answer) + '\n');
    return;
  }
  ctl.console.say(fmt::format("{} was told to {} on {} at {}{}: no way to {}\n", safe(answer, "code"),
                              safe(answer, "user"), safe(answer, "device"), safe(answer, "time"), ago(answer, ctl.now),
                              safe(answer, "destination")));
  ctl.console.say(fmt::format("  from     {}, session {}\n\n", safe(answer, "source"), number_of(answer, "session")));
  tell_explanation(ctl, answer);
  ctl.console.say('\n' + next_text(answer));
}

CtlExit show(Ctl& ctl, Json answer, const char* source) {
  if (!ctl.console.json()) tell_story(ctl, answer);
  answer["found_in"] = source;
  ctl.console.document(std::move(answer));
  return CtlExit::Ok;
}

}  // namespace

CtlExit explain_code(Ctl& ctl, const ExplainCodeOptions& options) {
  const auto code = reference_code_of(options.code);
  if (!is_reference_code(code)) {
    return ctl.console.fail(CtlExit::Usage, "not a code: " + escape_untrusted(options.code, 32),
                            "write it like K7Q2-9XPD: eight letters and digits");
  }
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  const auto answer = ask_gateway(*config, {{"do", "denial.show"}, {"code", code}});
  if (answer && member_of(*answer, "explanation").is_object()) return show(ctl, *answer, "gateway");
  // Older than what the gateway keeps at hand, or no gateway runs.
  auto recorded = find_recorded_refusal(*config, code);
  if (recorded && *recorded) return show(ctl, std::move(**recorded), "files");
  if (!recorded && answer) ctl.console.note(to_string(recorded.error()) + '\n');
  if (answer) return show(ctl, *answer, "gateway");
  if (answer.error().code == CtlExit::NotPermitted) return report(ctl.console, answer.error());
  if (!recorded) {
    return ctl.console.fail(CtlExit::Failed, to_string(recorded.error()), "use sudo, or the gateway's own user");
  }
  const bool is_running = answer.error().code != CtlExit::NotRunning;
  return ctl.console.fail(is_running ? CtlExit::Failed : CtlExit::NotRunning,
                          (is_running ? "" : "no gateway is running, and ") + std::string{"no refusal with the code "} +
                              escape_untrusted(code) + " is known",
                          "looked in " + (is_running ? std::string{"the gateway, in "} : std::string{}) +
                              config->audit + (config->decisions.empty() ? "" : " and in " + config->decisions) +
                              "; older ones may be in files that log rotation has compressed: unpack them beside it");
}

void add_explain_code_command(Command app, Ctl& ctl) {
  const auto options = std::make_shared<ExplainCodeOptions>();
  const auto verb = add_verb<ExplainCodeOptions>(
      app, ctl, "explain-code", "Tell the whole story of a refusal, by the code the employee was shown",
      "  sallyportctl explain-code K7Q2-9XPD\n"
      "  sallyportctl explain-code k7q29xpd --json | jq .explanation.candidates\n"
      "Who, from where, when and to what; the rule with its file and line, and each of its conditions as it was then.\n"
      "The running gateway is asked; what it has forgotten, or when none runs, is looked up in its files.",
      options, explain_code);
  verb.add_option("CODE", options->code, "As the employee reads it").required();
}

}  // namespace sallyport
