#include "server/ctl/command_line.hpp"
#include "server/ctl/gateway_link.hpp"

#include <fmt/format.h>

namespace sallyport {
namespace {

using Json = nlohmann::json;

struct ShowOptions {
  std::string code;
};

void tell_denial(Ctl& ctl, const Json& answer) {
  const auto line = [&ctl](const char* label, const std::string& text) {
    if (!text.empty()) ctl.console.say(fmt::format("  {:<11}  {}\n", label, text));
  };
  ctl.console.say(fmt::format("{} was refused at {}\n", text_of(answer, "destination"), text_of(answer, "time")));
  line("user", text_of(answer, "user"));
  line("device", text_of(answer, "device"));
  line("from", text_of(answer, "source"));
  line("reason", text_of(answer, "reason"));
  line("rule", text_of(answer, "rule"));
  line("policy", text_of(answer, "policy"));
  ctl.console.say(fmt::format("Why: sallyportctl policy explain --as {} --device {} --to {}\n", text_of(answer, "user"),
                              text_of(answer, "device"), text_of(answer, "destination")));
}

CtlExit run_show(Ctl& ctl, const ShowOptions& options) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  return ask_and_show(ctl.console, *config, {{"do", "denial.show"}, {"code", options.code}},
                      [&ctl](const Json& answer) { tell_denial(ctl, answer); });
}

}  // namespace

void add_denials_commands(CLI::App& app, Ctl& ctl) {
  auto& noun = add_noun(app, "denials", "Connections that the policy refused");
  const auto options = std::make_shared<ShowOptions>();
  auto& verb = add_verb<ShowOptions>(noun, ctl, "show", "Look up the reference code that an employee reports",
                                     "  sallyportctl denials show K7Q2-9XPD\n"
                                     "The running gateway knows the newest ones; all are in the audit file.",
                                     options, run_show);
  verb.add_option("CODE", options->code, "As the employee reads it")->required();
}

}  // namespace sallyport
