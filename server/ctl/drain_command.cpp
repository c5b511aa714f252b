#include "server/ctl/command_line.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/ctl/readable.hpp"
#include "server/policy/age_limit.hpp"

#include <fmt/format.h>

#include <thread>

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr std::chrono::milliseconds kLook{250};

struct DrainOptions {
  std::string over = "30s";
  bool stop = false;
  bool wait = false;
};

/// Until nothing is drained any more. A gateway that is to stop is gone by then.
CtlExit wait_for_end(Ctl& ctl, const GatewayConfig& config, const DrainOptions& options) {
  while (true) {
    const auto status = ask_gateway(config, {{"do", "status"}});
    if (!status && status.error().code == CtlExit::NotRunning && options.stop) break;
    if (!status) return report(ctl.console, status.error());
    if (!member_of(*status, "drain").is_object() && !options.stop) break;
    std::this_thread::sleep_for(kLook);
  }
  ctl.console.say(options.stop ? "The gateway has stopped.\n" : "The sessions that were there have moved or ended.\n");
  return CtlExit::Ok;
}

CtlExit run_drain(Ctl& ctl, const DrainOptions& options) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  const auto period = parse_age(options.over);
  if (!period || *period < kShortestDrain || *period > kLongestDrain) {
    return ctl.console.fail(CtlExit::Usage, "--over must be from 8s to 1h", "example: --over 30s");
  }
  const auto done = ask_and_show(
      ctl.console, *config, {{"do", "drain"}, {"seconds", period->count()}, {"stop", options.stop}},
      [&](const Json& answer) {
        const auto& drain = member_of(answer, "drain");
        ctl.console.say(fmt::format("Draining {} over {}{}.\n", counted(number_of(drain, "sessions"), "session"),
                                    readable_duration(*period),
                                    options.stop ? "; nobody is let in, and the gateway stops at the end" : ""));
      });
  return done == CtlExit::Ok && options.wait ? wait_for_end(ctl, *config, options) : done;
}

}  // namespace

void add_drain_command(Command app, Ctl& ctl) {
  const auto options = std::make_shared<DrainOptions>();
  const auto verb = add_verb<DrainOptions>(
      app, ctl, "drain", "Let every client open a new session in place of the one it has",
      "  sallyportctl drain                       every session is verified anew; no connection breaks\n"
      "  sallyportctl drain --over 5m             more slowly\n"
      "  sallyportctl drain --stop --wait         then stop: clients move to another address of this name\n"
      "                                           where there is one, and otherwise come back after the start\n"
      "Sessions that have not moved by the end are ended. See how far it is with: sallyportctl status",
      options, run_drain);
  verb.add_option("--over", options->over, "How long it takes, 8s to 1h; the sessions are spread over it")
      .show_default();
  verb.add_flag("--stop", options->stop, "Let nobody in meanwhile, and stop the gateway at the end");
  verb.add_flag("--wait", options->wait, "Return when it is done");
}

}  // namespace sallyport
