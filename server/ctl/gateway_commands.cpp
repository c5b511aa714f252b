#include "server/ctl/command_line.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/ctl/readable.hpp"

#include <fmt/format.h>

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr const char* kHeld =
    "a policy was taken out of force; while the policy directory holds its files, they are not used";

std::string date_of(const Json& object, const char* key, WallTime now) {
  const auto time = parse_utc(text_of(object, key));
  return time ? readable_date(*time, now) : std::string{"none"};
}

void tell_trust(Ctl& ctl, const Json& trust) {
  auto& console = ctl.console;
  console.say(fmt::format("  authority  until {}\n", date_of(trust, "ca_not_after", ctl.now)));
  console.say(fmt::format("  revoked    list {}, due {}\n", number_of(trust, "crl_number"),
                          date_of(trust, "crl_next_update", ctl.now)));
  const auto problem = text_of(trust, "problem");
  if (!problem.empty()) console.say("  " + console.styled("every device is refused: " + problem, Style::Bad) + '\n');
}

std::string readable_counters(const Json& counters) {
  std::string text;
  for (const auto& [reason, count] : counters.items()) {
    if (!count.is_number_unsigned() || count == 0U) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", reason, count.get<std::uint64_t>());
  }
  return text.empty() ? "nothing" : text;
}

void tell_version(Console& console, const Json& policy) {
  const auto version = number_of(policy, "version");
  if (version != 0) console.say(fmt::format("  version    {}\n", version));
  const auto& trial = member_of(policy, "pending");
  if (trial.is_object()) {
    const auto left = readable_duration(std::chrono::seconds{number_of(trial, "seconds_left")});
    const auto words = fmt::format("goes back to version {} in {}; to keep it: sallyportctl policy confirm {}",
                                   number_of(trial, "previous"), left, version);
    console.say("  " + console.styled(words, Style::Warning) + '\n');
  }
  if (member_of(policy, "held") != true) return;
  console.say("  " + console.styled(kHeld, Style::Warning) + "; to use it all the same: sallyportctl policy apply\n");
}

void tell_enrolment(Console& console, const Json& enrolment) {
  if (!enrolment.is_object()) return;
  console.say(fmt::format("  enrolment  {} enrolled, {} renewed, refused: {}\n", number_of(enrolment, "enrolled"),
                          number_of(enrolment, "renewed"), readable_counters(member_of(enrolment, "refused"))));
}

void tell_drain(Console& console, const Json& drain) {
  if (!drain.is_object()) return;
  const auto words = fmt::format("draining: {} of {} have still to move, {} left{}", number_of(drain, "remaining"),
                                 counted(number_of(drain, "sessions"), "session"),
                                 readable_duration(std::chrono::seconds{number_of(drain, "seconds_left")}),
                                 member_of(drain, "stops") == true ? "; then the gateway stops" : "");
  console.say("  " + console.styled(words, Style::Warning) + '\n');
}

void tell_session_counts(Console& console, const Json& counts) {
  if (!counts.is_object()) return;
  console.say(fmt::format("  ended      {}\n", readable_counters(member_of(counts, "ended"))));
  console.say(fmt::format("  refused    {}\n", readable_counters(member_of(counts, "refused"))));
  const auto flapping = number_of(counts, "flapping");
  if (flapping == 0) return;
  const auto words =
      counted(flapping, "alarm") + ": a device took over from itself again and again; see session.flapping";
  console.say("  flapping   " + console.styled(words + " in the audit file", Style::Warning) + '\n');
}

void tell_status(Ctl& ctl, const Json& answer) {
  auto& console = ctl.console;
  const auto& policy = member_of(answer, "policy");
  const auto uptime = std::chrono::seconds{number_of(answer, "uptime_seconds")};
  console.say(fmt::format("{} {} has been running for {} (sallyport {})\n", console.styled("●", Style::Good),
                          text_of(answer, "name"), readable_duration(uptime), text_of(answer, "version")));
  console.say(fmt::format("  sessions   {}\n", number_of(answer, "sessions")));
  tell_drain(console, member_of(answer, "drain"));
  console.say(
      fmt::format("  policy     {}, {}\n", text_of(policy, "hash"), counted(number_of(policy, "rules"), "rule")));
  if (member_of(policy, "empty") == true) {
    console.say("  " + console.styled("the policy is empty: nobody reaches anything", Style::Warning) + '\n');
  }
  tell_version(console, policy);
  tell_trust(ctl, member_of(answer, "trust"));
  tell_enrolment(console, member_of(answer, "enrolment"));
  tell_session_counts(console, member_of(answer, "session_counts"));
  console.say(fmt::format("  dropped    {}\n", readable_counters(member_of(answer, "counters"))));
}

CtlExit run_status(Ctl& ctl, const NoOptions& /*none*/) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  return ask_and_show(ctl.console, *config, {{"do", "status"}},
                      [&ctl](const Json& answer) { tell_status(ctl, answer); });
}

CtlExit run_reload(Ctl& ctl, const NoOptions& /*none*/) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  return ask_and_show(ctl.console, *config, {{"do", "reload"}}, [&ctl](const Json& answer) {
    ctl.console.say(fmt::format("Reloaded: policy {}; sessions ended: {}\n", text_of(answer, "policy"),
                                number_of(answer, "ended")));
    if (member_of(answer, "held") != true) return;
    ctl.console.note(fmt::format("{}: version {} stays. To use them all the same: sallyportctl policy apply\n", kHeld,
                                 number_of(answer, "version")));
  });
}

}  // namespace

void add_gateway_commands(CLI::App& app, Ctl& ctl) {
  (void)add_verb<NoOptions>(app, ctl, "status", "Show how the running gateway is",
                            "  sallyportctl status\n"
                            "  sallyportctl status --json\n"
                            "Exits with 3 when no gateway is running.",
                            std::make_shared<NoOptions>(), run_status);
  (void)add_verb<NoOptions>(app, ctl, "reload", "Make the running gateway read all its files again",
                            "  sallyportctl policy check && sallyportctl reload\n"
                            "Policy, certificates and revocations change together and for live connections too.\n"
                            "When a file is wrong nothing changes, and the exit code is 1.",
                            std::make_shared<NoOptions>(), run_reload);
}

}  // namespace sallyport
