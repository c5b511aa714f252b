#include "common/ipc/client.hpp"
#include "server/ctl/command_line.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/ctl/live_text.hpp"
#include "server/policy/age_limit.hpp"
#include "server/policy/destination.hpp"
#include "server/store/store.hpp"

#include <fmt/format.h>

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// Between two lines nothing may happen for as long as it likes; the daemon's end ends the wait.
constexpr auto kPatience = std::chrono::hours{1};

struct TraceOptions {
  std::string device;
  std::string to;
  std::string duration;
};

void show_line(Ctl& ctl, const Json& line) {
  if (ctl.console.json())
    ctl.console.line(line);
  else
    ctl.console.say(decision_text(line, ctl.console));
  ctl.console.flush();
}

/// Only where the records can be read and have no such device: a misspelt name would be watched for ever.
bool is_unknown(Ctl& ctl, const std::string& device) {
  const auto config = load_gateway_config(ctl.config_path);
  if (!config) return false;
  auto store = Store::open(config->database());
  if (!store) return false;
  const auto record = store->device(DeviceId{device});
  return record && !*record;
}

void tell_begin(Ctl& ctl, const TraceOptions& options, const Json& line) {
  if (ctl.console.json()) return show_line(ctl, line);
  const bool is_connected = member_of(line, "connected") == true;
  ctl.console.note(fmt::format("Decisions about {}{}{}; end with Ctrl-C.\n", options.device,
                               options.to.empty() ? "" : " to " + options.to,
                               is_connected ? "" : ", which is not connected at present"));
  if (!is_connected && is_unknown(ctl, options.device))
    ctl.console.note("There is no device of that name on record; see: sallyportctl devices list\n");
  ctl.console.flush();
}

/// True when the trace is over, with `exit` saying how.
bool take_line(Ctl& ctl, const TraceOptions& options, const Json& line, CtlExit& exit) {
  const auto event = text_of(line, "event");
  if (member_of(line, "ok") == false) {
    exit = ctl.console.fail(CtlExit::Failed, text_of(line, "error"), text_of(line, "hint"));
    return true;
  }
  if (event == "began") {
    tell_begin(ctl, options, line);
  } else if (event == "done") {
    if (ctl.console.json()) show_line(ctl, line);
    exit = CtlExit::Ok;
    return true;
  } else {
    show_line(ctl, line);
  }
  return false;
}

CtlExit follow(Ctl& ctl, const TraceOptions& options, const GatewayConfig& config, const Json& request) {
  auto stream = open_gateway_stream(config, request);
  if (!stream) return report(ctl.console, stream.error());
  CtlExit exit = CtlExit::Ok;
  while (true) {
    const auto line = stream->next(kPatience);
    if (!line)
      return ctl.console.fail(CtlExit::Failed, "the gateway ended the trace",
                              "is it still running? sallyportctl status");
    if (*line && take_line(ctl, options, **line, exit)) return exit;
  }
}

CtlExit run_trace(Ctl& ctl, const TraceOptions& options) {
  Json request{{"v", 1}, {"do", "trace"}, {"device", options.device}};
  if (!options.to.empty()) {
    const auto to = Destination::parse(options.to);
    if (!to) return ctl.console.fail(CtlExit::Usage, "--to: " + to.error());
    request["to"] = to_string(*to);
  }
  if (!options.duration.empty()) {
    const auto seconds = parse_age(options.duration);
    if (!seconds) return ctl.console.fail(CtlExit::Usage, "--for: " + seconds.error());
    request["for"] = static_cast<std::uint64_t>(seconds->count());
  }
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  return follow(ctl, options, *config, request);
}

}  // namespace

void add_trace_command(Command app, Ctl& ctl) {
  const auto options = std::make_shared<TraceOptions>();
  const auto verb = add_verb<TraceOptions>(
      app, ctl, "trace", "Watch decisions about a device as they happen",
      "  sallyportctl trace --device ana-laptop\n"
      "  sallyportctl trace --device ana-laptop --to 10.20.4.10:443 --for 60s\n"
      "  sallyportctl trace --device ana-laptop --json | jq -c '[.time, .verdict, .to, .rule.name]'\n"
      "Shows new flows, refusals, flows that are cut, and answers that a rule in shadow would turn. Packets of a flow\n"
      "that stands need no decision. With --json one document a line. At most four traces run at a time.",
      options, run_trace);
  verb.add_option("--device", options->device, "Name of the device").required();
  verb.add_option("--to", options->to, "Only to this ADDRESS:PORT, ADDRESS:PORT/udp or ADDRESS/icmp");
  verb.add_option("--for", options->duration, "End after this time, like 60s or 5m; default: at Ctrl-C");
}

}  // namespace sallyport
