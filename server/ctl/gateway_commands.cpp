#include "common/base/text.hpp"
#include "server/ctl/command_line.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/ctl/readable.hpp"
#include "server/policy/uncounted_files.hpp"

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

/// How one source of revocation lists is: when it was good last, or what is wrong with it.
void tell_source(Ctl& ctl, const Json& source) {
  const auto error = text_of(source, "error");
  const auto words = error.empty() ? "good " + date_of(source, "last_good", ctl.now)
                                   : error + "; good " + date_of(source, "last_good", ctl.now) + ", next try " +
                                         date_of(source, "next_try", ctl.now);
  ctl.console.say(fmt::format("             {}: {}\n", escape_untrusted(text_of(source, "place")),
                              ctl.console.styled(escape_untrusted(words), error.empty() ? Style::Plain : Style::Bad)));
}

/// The foreign ones: each with its lists and where they come from.
void tell_authorities(Ctl& ctl, const Json& trust) {
  auto& console = ctl.console;
  for (const auto& authority : member_of(trust, "authorities")) {
    const auto name = text_of(authority, "name");
    if (name.empty()) continue;
    for (const auto& certificate : member_of(authority, "certificates")) {
      const auto& list = member_of(certificate, "crl");
      const auto due = list.is_object() && list.contains("number")
                           ? fmt::format("list {}, {} old, due {}", number_of(list, "number"),
                                         readable_duration(std::chrono::seconds{number_of(list, "age_seconds")}),
                                         date_of(list, "next_update", ctl.now))
                           : std::string{"no revocation list"};
      console.say(fmt::format("  {:<9}  until {}; {}\n", name, date_of(certificate, "not_after", ctl.now), due));
      for (const auto& unread : member_of(certificate, "unread")) {
        console.say("  " +
                    console.styled("a list that cannot be read, so no revocation_age holds: " +
                                       escape_untrusted(unread.is_string() ? unread.get<std::string>() : std::string{}),
                                   Style::Bad) +
                    '\n');
      }
      const auto problem = text_of(certificate, "problem");
      if (!problem.empty())
        console.say("  " + console.styled("its devices are refused: " + escape_untrusted(problem), Style::Bad) + '\n');
    }
    for (const auto& source : member_of(authority, "sources")) tell_source(ctl, source);
  }
}

void tell_outlook(Console& console, const Json& outlook) {
  std::size_t due = 0;
  for (const auto& ending : member_of(outlook, "endings")) due += member_of(ending, "due") == true ? 1U : 0U;
  if (due == 0) return;
  console.say(
      "  " +
      console.styled(fmt::format("{} will lock somebody out; see: sallyportctl pki forecast", counted(due, "ending")),
                     Style::Warning) +
      '\n');
}

std::string rotation_step(const std::string& phase) {
  if (phase == "spreading") return "step 1 of 3, spreading: laptops are told of the new authority";
  if (phase == "issuing") return "step 2 of 3, issuing: laptops get certificates of the new authority";
  if (phase == "retiring") return "step 3 of 3, retiring: the old authority counts no more";
  return escape_untrusted(phase);
}

/// While one authority takes another's place, and when devices do not take what they are told of that.
void tell_rotation(Console& console, const Json& rotation) {
  const auto phase = text_of(rotation, "phase");
  if (!phase.empty() && phase != "none")
    console.say("  rotation   " + console.styled(rotation_step(phase), Style::Warning) +
                "; what to do next: sallyportctl ca status\n");
  const auto refused = number_of(rotation, "refused");
  if (refused == 0) return;
  const auto words = counted(refused, "time") + " a device did not take what it was told of authorities";
  console.say("  rotation   " + console.styled(words, Style::Warning) + "; see authority.refused in the audit file\n");
}

void tell_trust(Ctl& ctl, const Json& trust) {
  auto& console = ctl.console;
  console.say(fmt::format("  authority  until {}\n", date_of(trust, "ca_not_after", ctl.now)));
  console.say(fmt::format("  revoked    list {}, due {}\n", number_of(trust, "crl_number"),
                          date_of(trust, "crl_next_update", ctl.now)));
  tell_rotation(console, member_of(trust, "rotation"));
  tell_authorities(ctl, trust);
  tell_outlook(console, member_of(trust, "forecast"));
  const auto problem = text_of(trust, "problem");
  if (!problem.empty()) console.say("  " + console.styled("every device is refused: " + problem, Style::Bad) + '\n');
}

void tell_clock(Console& console, const Json& clock) {
  const auto behind = number_of(clock, "behind_seconds");
  if (member_of(clock, "alarm") != true) return;
  const auto words = fmt::format(
      "{} behind what was seen before, which everything is judged by; correct it, or, if it "
      "is right now: sallyportctl clock accept",
      readable_duration(std::chrono::seconds{behind}));
  console.say("  clock      " + console.styled(words, Style::Bad) + '\n');
}

/// Only while what runs is not what the files say.
void tell_reloads(Console& console, const Json& reloads) {
  if (member_of(reloads, "last_refused") != true) return;
  console.say("  reload     " +
              console.styled("the last one was refused, and what ran before it runs on; why: sallyportctl reload",
                             Style::Warning) +
              '\n');
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

/// Nothing where there is only one.
void tell_workers(Console& console, const Json& workers) {
  if (!workers.is_array() || workers.size() < 2) return;
  std::string sessions;
  std::uint64_t crossed = 0;
  std::uint64_t lost = 0;
  for (const auto& worker : workers) {
    sessions.append(sessions.empty() ? "" : ", ").append(std::to_string(number_of(worker, "sessions")));
    crossed += number_of(worker, "taken");
    lost += number_of(member_of(worker, "dropped"), "handover_full");
  }
  console.say(fmt::format("  workers    {} with {} sessions; {} packets crossed, {} too many\n", workers.size(),
                          sessions, crossed, lost));
}

void tell_session_counts(Console& console, const Json& counts) {
  if (!counts.is_object()) return;
  console.say(fmt::format("  ended      {}\n", readable_counters(member_of(counts, "ended"))));
  console.say(fmt::format("  refused    {}\n", readable_counters(member_of(counts, "refused"))));
  if (const auto changed = number_of(counts, "source_changed"); changed != 0) {
    const auto words = counted(changed, "session") + " of devices that came from another place than their live one";
    console.say("  elsewhere  " + words + "; see session.source_changed in the audit file\n");
  }
  const auto flapping = number_of(counts, "flapping");
  if (flapping == 0) return;
  const auto words =
      counted(flapping, "alarm") + ": a device took over from itself again and again; see session.flapping";
  console.say("  flapping   " + console.styled(words + " in the audit file", Style::Warning) + '\n');
}

std::string milliseconds(const Json& figures, const char* key) {
  return fmt::format("{:.1f}", static_cast<double>(number_of(figures, key)) / 1000);
}

/// How fast what had to be cut was cut; nothing before the first time.
void tell_cuts(Console& console, const Json& cuts) {
  for (const auto& [cause, view] : cuts.items()) {
    const auto count = number_of(view, "count");
    if (count == 0) continue;
    const auto& packets = member_of(view, "last_packet_us");
    console.say(fmt::format("  cut        {}: {}; last packet {} ms after (p50), {} (p99), {} at most\n", cause,
                            counted(count, "time"), milliseconds(packets, "p50"), milliseconds(packets, "p99"),
                            milliseconds(packets, "max")));
  }
}

/// Only when something is wrong with it.
void tell_audit(Console& console, const Json& audit) {
  if (const auto left_out = number_of(audit, "left_out"); left_out != 0) {
    const auto words = counted(left_out, "record") + " of floods left out; see records.left_out in the audit file";
    console.say("  audit      " + console.styled(words, Style::Warning) + '\n');
  }
  if (text_of(audit, "state") != "failing") return;
  const auto consequence = member_of(audit, "admits_sessions") == true ? "records are lost" : "nobody new is let in";
  const auto words = fmt::format("cannot be written since {}: {}; {}; records lost so far: {}", text_of(audit, "since"),
                                 text_of(audit, "problem"), consequence, number_of(audit, "lost"));
  console.say("  audit      " + console.styled(words, Style::Bad) + '\n');
}

/// What the records do not have, by device and minute in the audit file where they name an event.
void tell_losses(Console& console, const Json& answer) {
  const auto tell = [&console](const char* label, std::uint64_t count, const char* words) {
    if (count != 0)
      console.say("  " + console.styled(fmt::format("{:<9}  {} {}", label, count, words), Style::Warning) + '\n');
  };
  const auto& denials = member_of(answer, "denials");
  tell("decisions", number_of(member_of(answer, "decisions"), "lost"),
       "lost: more than is recorded one by one; see decisions.lost in the audit file");
  tell("denials", number_of(denials, "lost"), "lost: more than is told one by one; see denials.lost in the audit file");
  tell("reports", number_of(denials, "reports_lost"),
       "of attestation or of cut flows lost: the gateway was too busy to take them");
  tell("messages", number_of(denials, "messages_unread"),
       "not read: a laptop sent more in one second than is read of one session");
}

void tell_status(Ctl& ctl, const Json& answer) {
  auto& console = ctl.console;
  const auto& policy = member_of(answer, "policy");
  const auto uptime = std::chrono::seconds{number_of(answer, "uptime_seconds")};
  console.say(fmt::format("{} {} has been running for {} (sallyport {})\n",
                          console.styled(shows_utf8() ? "●" : "*", Style::Good), text_of(answer, "name"),
                          readable_duration(uptime), text_of(answer, "version")));
  console.say(fmt::format("  sessions   {}\n", number_of(answer, "sessions")));
  const auto& room = member_of(answer, "connections");
  console.say(fmt::format("  served     {} of at most {}\n", counted(number_of(room, "served"), "connection"),
                          number_of(room, "most")));
  tell_workers(console, member_of(answer, "workers"));
  tell_drain(console, member_of(answer, "drain"));
  console.say(
      fmt::format("  policy     {}, {}\n", text_of(policy, "hash"), counted(number_of(policy, "rules"), "rule")));
  if (member_of(policy, "empty") == true) {
    console.say("  " + console.styled("the policy is empty: nobody reaches anything", Style::Warning) + '\n');
  }
  tell_version(console, policy);
  tell_reloads(console, member_of(answer, "reloads"));
  tell_trust(ctl, member_of(answer, "trust"));
  tell_audit(console, member_of(answer, "audit"));
  tell_losses(console, answer);
  tell_clock(console, member_of(answer, "clock"));
  tell_enrolment(console, member_of(answer, "enrolment"));
  console.say(
      fmt::format("  door       handshakes refused: {}\n", readable_counters(member_of(answer, "handshakes_refused"))));
  tell_session_counts(console, member_of(answer, "session_counts"));
  tell_cuts(console, member_of(answer, "cut"));
  console.say(fmt::format("  dropped    {}\n", readable_counters(member_of(answer, "counters"))));
  console.say(fmt::format("  waited     {}\n", readable_counters(member_of(answer, "queue"))));
}

CtlExit run_status(Ctl& ctl, const NoOptions& /*none*/) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  return ask_and_show(ctl.console, *config, {{"do", "status"}},
                      [&ctl](const Json& answer) { tell_status(ctl, answer); });
}

/// A file in the policy directory that is no part of the policy.
void tell_uncounted(Console& console, const Json& file) {
  const Diagnostic what{text_of(file, "file"), 0, 0, text_of(file, "message"), text_of(file, "hint")};
  console.note(to_warning(what) + '\n');
}

struct ReloadOptions {
  std::optional<unsigned> allow_stranding;
};

CtlExit run_reload(Ctl& ctl, const ReloadOptions& options) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  Json request = {{"do", "reload"}};
  if (options.allow_stranding) request["allow_stranding"] = *options.allow_stranding;
  return ask_and_show(ctl.console, *config, request, [&ctl](const Json& answer) {
    ctl.console.say(fmt::format("Reloaded: policy {}; sessions ended: {}\n", text_of(answer, "policy"),
                                number_of(answer, "ended")));
    for (const auto& each : member_of(answer, "uncounted")) tell_uncounted(ctl.console, each);
    if (member_of(answer, "held") != true) return;
    ctl.console.note(fmt::format("{}: version {} stays. To use them all the same: sallyportctl policy apply\n", kHeld,
                                 number_of(answer, "version")));
  });
}

}  // namespace

void add_gateway_commands(Command app, Ctl& ctl) {
  (void)add_verb<NoOptions>(app, ctl, "status", "Show how the running gateway is",
                            "  sallyportctl status\n"
                            "  sallyportctl status --json\n"
                            "Exits with 3 when no gateway is running.",
                            std::make_shared<NoOptions>(), run_status);
  const auto reload = std::make_shared<ReloadOptions>();
  const auto verb =
      add_verb<ReloadOptions>(app, ctl, "reload", "Make the running gateway read all its files again",
                              "  sallyportctl policy check && sallyportctl reload\n"
                              "  sallyportctl reload --allow-stranding 3\n"
                              "Policy, certificates and revocations change together and for live connections too.\n"
                              "When a file is wrong, or new trust would lock out more known devices than strand_limit\n"
                              "allows, nothing changes, and the exit code is 1.",
                              reload, run_reload);
  verb.add_option("--allow-stranding", reload->allow_stranding, "Reload although that locks out so many known devices");
}

}  // namespace sallyport
