#include "server/ctl/command_line.hpp"
#include "server/ctl/policy_change_text.hpp"
#include "server/ctl/readable.hpp"

#include <fmt/format.h>

namespace sallyport {
namespace {

using Json = nlohmann::json;

void tell_accepted(Ctl& ctl, const Json& answer) {
  const auto behind = number_of(answer, "was_behind_seconds");
  if (behind == 0) return ctl.console.say("The clock was not behind what the gateway had seen; nothing changed.\n");
  ctl.console.say(
      fmt::format("Accepted: the gateway judges by its clock again, which was {} behind what it had seen.\n"
                  "What ended in that time by the wrong clock can connect again; sessions that live end as they would "
                  "have.\n",
                  readable_duration(std::chrono::seconds{behind})));
}

CtlExit run_accept(Ctl& ctl, const NoOptions& /*none*/) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  return ask_and_show(ctl.console, *config, change_request("clock.accept"),
                      [&ctl](const Json& answer) { tell_accepted(ctl, answer); });
}

}  // namespace

void add_clock_commands(Command app, Ctl& ctl) {
  const auto noun = app.add_noun("clock", "The time that certificates are judged by");
  (void)add_verb<NoOptions>(
      noun, ctl, "accept", "Say that this machine's clock is right, though it was later before",
      "  date && sallyportctl clock accept\n"
      "A gateway judges certificates, revocation, tokens and proofs by the latest time it ever saw, so that nobody "
      "comes\n"
      "back because its clock was set back. `sallyportctl status` says when the clock is behind that. If it once was\n"
      "wrong in the future, correct it, look at `date`, and accept it. Recorded in the audit file.",
      std::make_shared<NoOptions>(), run_accept);
}

}  // namespace sallyport
