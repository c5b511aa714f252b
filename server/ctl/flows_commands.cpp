#include "server/ctl/command_line.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/ctl/live_text.hpp"
#include "server/ctl/readable.hpp"

#include <fmt/format.h>

namespace sallyport {
namespace {

using Json = nlohmann::json;

struct FlowsOptions {
  std::string device;
  std::string user;
  std::int64_t limit = 200;
};

std::string since(const Json& flow, const char* key, WallTime now) {
  const auto time = parse_utc(text_of(flow, key));
  return time && *time <= now ? readable_duration(now - *time) : "0 s";
}

Cell rule_cell(const Json& flow) {
  const auto rule = rule_text(member_of(flow, "rule"));
  return rule.empty() ? Cell{"(judged anew next)", Style::Faint} : Cell{rule};
}

void tell_flows(Ctl& ctl, const Json& answer) {
  TextTable table{{"DEVICE", "USER", "TO", "STATE", "ALLOWED BY", "FOR", "UNTIL", "SILENT", "IN", "OUT"}};
  for (const auto& each : member_of(answer, "flows")) {
    const auto until = text_of(each, "valid_until");
    table.add({text_of(each, "device"), text_of(each, "user"), text_of(each, "to"), text_of(each, "state"),
               rule_cell(each), since(each, "since", ctl.now), until.empty() ? "-" : until,
               since(each, "last_seen", ctl.now),
               fmt::format("{} / {}", readable_octets(number_of(each, "bytes_in")), number_of(each, "packets_in")),
               fmt::format("{} / {}", readable_octets(number_of(each, "bytes_out")), number_of(each, "packets_out"))});
  }
  if (table.empty())
    ctl.console.say("No flow is live.\n");
  else
    ctl.console.show(table);
  if (const auto more = number_of(answer, "left_off")) {
    ctl.console.note(fmt::format("{} more; narrow it with --device or --user, or raise --limit.\n", more));
  }
}

CtlExit run_flows(Ctl& ctl, const FlowsOptions& options) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  Json request{{"do", "flows"}, {"limit", options.limit}};
  if (!options.device.empty()) request["device"] = options.device;
  if (!options.user.empty()) request["user"] = options.user;
  return ask_and_show(ctl.console, *config, std::move(request),
                      [&ctl](const Json& answer) { tell_flows(ctl, answer); });
}

}  // namespace

void add_flows_command(Command app, Ctl& ctl) {
  const auto options = std::make_shared<FlowsOptions>();
  const auto verb = add_verb<FlowsOptions>(
      app, ctl, "flows", "What devices are talking to now, and which rule lets them",
      "  sallyportctl flows\n"
      "  sallyportctl flows --device ana-laptop\n"
      "  sallyportctl flows --user ana@example.com --json | jq '.flows[] | [.to, .rule.name]'\n"
      "UNTIL is when the flow is judged again at the latest; \"-\": time alone changes nothing.\n"
      "IN and OUT are octets and packets as the gateway sees them: in from the device, out to it.",
      options, run_flows);
  verb.add_option("--device", options->device, "Only of this device");
  verb.add_option("--user", options->user, "Only of this person");
  verb.add_option("--limit", options->limit, "Show at most so many").between(1, 2000).show_default();
}

}  // namespace sallyport
