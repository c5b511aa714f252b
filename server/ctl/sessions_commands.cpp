#include "server/ctl/command_line.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/ctl/readable.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sallyport {
namespace {

using Json = nlohmann::json;

struct EndOptions {
  std::int64_t session = 0;
};

std::string inside_addresses(const Json& session) {
  const auto v4 = text_of(session, "v4");
  const auto v6 = text_of(session, "v6");
  return v4.empty() || v6.empty() ? v4 + v6 : v4 + ' ' + v6;
}

std::string since(const Json& session, WallTime now) {
  const auto time = parse_utc(text_of(session, "since"));
  return time && *time <= now ? readable_duration(now - *time) : "0 s";
}

/// When a new session must have taken over.
std::string ends(const Json& session, WallTime now) {
  if (text_of(session, "state") == "verifying") return "not verified yet";
  const auto end = parse_utc(text_of(session, "ends"));
  if (!end) return "-";
  const auto moves = parse_utc(text_of(session, "moves"));
  const auto left = "in " + readable_duration(std::max(*end - now, std::chrono::seconds{0}));
  return moves && *moves <= now ? left + ", moving" : left;
}

void tell_sessions(Ctl& ctl, const Json& answer) {
  TextTable table{{"SESSION", "DEVICE", "USER", "FROM", "ADDRESSES", "FOR", "ENDS", "IN", "OUT", "FLOWS", "DENIED"}};
  for (const auto& each : member_of(answer, "sessions")) {
    const auto denied = number_of(each, "denied");
    table.add({std::to_string(number_of(each, "session")), text_of(each, "device"), text_of(each, "user"),
               text_of(each, "source"), inside_addresses(each), since(each, ctl.now), ends(each, ctl.now),
               readable_octets(number_of(each, "bytes_in")), readable_octets(number_of(each, "bytes_out")),
               std::to_string(number_of(each, "flows")),
               Cell{std::to_string(denied), denied == 0 ? Style::Plain : Style::Warning}});
  }
  if (table.empty()) {
    ctl.console.say("No device is connected.\n");
  } else {
    ctl.console.show(table);
  }
}

CtlExit run_list(Ctl& ctl, const NoOptions& /*none*/) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  return ask_and_show(ctl.console, *config, {{"do", "sessions.list"}},
                      [&ctl](const Json& answer) { tell_sessions(ctl, answer); });
}

CtlExit run_end(Ctl& ctl, const EndOptions& options) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  return ask_and_show(
      ctl.console, *config, {{"do", "sessions.end"}, {"session", options.session}}, [&](const Json& answer) {
        ctl.console.say(
            fmt::format("Session {} is ended; sessions ended: {}\n", options.session, number_of(answer, "ended")));
      });
}

}  // namespace

void add_sessions_commands(Command app, Ctl& ctl) {
  const auto noun = app.add_noun("sessions", "Devices that are connected now");
  (void)add_verb<NoOptions>(noun, ctl, "list", "List them",
                            "  sallyportctl sessions list\n"
                            "  sallyportctl sessions list --json | jq '.sessions[].user'\n"
                            "ENDS: by then a new session of the device takes over; see [sessions] lifetime.\n"
                            "IN and OUT count octets as the gateway sees them: in from the device, out to it.",
                            std::make_shared<NoOptions>(), run_list);
  const auto options = std::make_shared<EndOptions>();
  const auto end = add_verb<EndOptions>(noun, ctl, "end", "Cut one; the device may connect again at once",
                                        "  sallyportctl sessions end 17\n"
                                        "To keep a device away: sallyportctl devices disable ID, or devices revoke ID",
                                        options, run_end);
  // Unsigned numbers would take "-1" and wrap it.
  end.add_option("ID", options->session, "The number in the first column of: sallyportctl sessions list")
      .required()
      .between(1, INT64_MAX);
}

}  // namespace sallyport
