#include "common/base/text.hpp"
#include "server/audit/audit_files.hpp"
#include "server/audit/chain.hpp"
#include "server/ctl/audit_filter.hpp"
#include "server/ctl/audit_text.hpp"
#include "server/ctl/audit_verify.hpp"
#include "server/ctl/command_line.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/policy/age_limit.hpp"

#include <fmt/format.h>

#include <chrono>
#include <deque>
#include <thread>
#include <utility>

namespace sallyport {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto kBetweenLooks = std::chrono::milliseconds{200};

struct TailOptions {
  std::size_t lines = 10;
  bool follow = false;
  std::string duration;
};
struct SearchOptions {
  AuditFilter filter;
  std::string since;
  std::string until;
};

CtlExit fail_to_read(Console& console, const FileError& error) {
  const bool is_forbidden = error.message.find("ermission") != std::string::npos;
  return console.fail(is_forbidden ? CtlExit::NotPermitted : CtlExit::Failed, to_string(error),
                      is_forbidden ? "use sudo, or the gateway's own user" : "");
}

void show_record(Ctl& ctl, const std::string& file, const FileLine& line) {
  auto record = Json::parse(line.text, nullptr, false);
  if (!record.is_object()) {
    ctl.console.note(fmt::format("{}:{}: no record: {}\n", file, line.number, escape_untrusted(line.text, 100)));
    return;
  }
  if (ctl.console.json()) ctl.console.data(record.dump(-1, ' ', true, Json::error_handler_t::replace) + '\n');
  ctl.console.say(audit_record_text(record, ctl.console));
}

/// Heads say nothing to a person.
bool is_for(const Console& console, const FileLine& line) {
  const auto parsed = parse_chained_line(line.text);
  return console.json() || !parsed || parsed->event != kHeadEvent;
}

/// What a file gets from here on; it may be set aside meanwhile, and another one begun.
CtlExit follow(Ctl& ctl, LineFile file, const std::string& path, const std::string& duration) {
  const auto length = duration.empty() ? std::chrono::seconds::max() : *parse_age(duration);
  const auto begin = std::chrono::steady_clock::now();
  while (duration.empty() || std::chrono::steady_clock::now() - begin < length) {
    const auto show = [&](const FileLine& line) {
      if (is_for(ctl.console, line)) show_record(ctl, file.path(), line);
    };
    if (auto read = file.read(show); !read) return fail_to_read(ctl.console, read.error());
    auto now_there = LineFile::open(path);
    const bool is_another = now_there && *now_there && !(*now_there)->is_same_file(file);
    if (is_another) {
      // What was written to the old one up to the change.
      if (auto read = file.read(show); !read) return fail_to_read(ctl.console, read.error());
      file = std::move(**now_there);
      continue;
    }
    ctl.console.flush();
    std::this_thread::sleep_for(kBetweenLooks);
  }
  return CtlExit::Ok;
}

CtlExit run_tail(Ctl& ctl, const TailOptions& options) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  if (!options.duration.empty() && !parse_age(options.duration))
    return ctl.console.fail(CtlExit::Usage, "--for: " + parse_age(options.duration).error());
  auto files = open_audit_files(config->audit);
  if (!files) return fail_to_read(ctl.console, files.error());
  if (files->empty()) {
    return ctl.console.fail(CtlExit::Failed, "there is no audit file " + config->audit,
                            "the gateway makes it when it starts; another place: [audit] file in gateway.toml");
  }
  struct Kept {
    std::string file;
    std::string text;
    std::size_t number;
  };
  std::deque<Kept> last;
  for (auto& file : *files) {
    const auto read = file.read([&](const FileLine& line) {
      if (!is_for(ctl.console, line)) return;
      last.push_back({file.path(), std::string{line.text}, line.number});
      if (last.size() > options.lines) last.pop_front();
    });
    if (!read) return fail_to_read(ctl.console, read.error());
  }
  for (const auto& each : last) show_record(ctl, each.file, {each.text, each.number, 0, true});
  ctl.console.flush();
  return options.follow ? follow(ctl, std::move(files->back()), config->audit, options.duration) : CtlExit::Ok;
}

Result<std::optional<WallTime>, std::string> moment_of(const std::string& text, WallTime now) {
  if (text.empty()) return std::nullopt;
  const auto parsed = parse_moment(text, now);
  if (!parsed) return fail(parsed.error());
  return *parsed;
}

CtlExit run_search(Ctl& ctl, const SearchOptions& options) {
  const auto config = ctl.config();
  if (!config) return CtlExit::Failed;
  AuditFilter filter = options.filter;
  const auto since = moment_of(options.since, ctl.now);
  const auto until = moment_of(options.until, ctl.now);
  if (!since) return ctl.console.fail(CtlExit::Usage, "--since: " + since.error());
  if (!until) return ctl.console.fail(CtlExit::Usage, "--until: " + until.error());
  filter.since = *since;
  filter.until = *until;
  auto files = open_audit_files(config->audit);
  if (!files) return fail_to_read(ctl.console, files.error());
  std::size_t found = 0;
  for (auto& file : *files) {
    const auto read = file.read([&](const FileLine& line) {
      const auto record = nlohmann::json::parse(line.text, nullptr, false);
      if (!record.is_object() || !filter.matches(record)) return;
      if (!is_for(ctl.console, line) && filter.event != kHeadEvent) return;
      ++found;
      show_record(ctl, file.path(), line);
    });
    if (!read) return fail_to_read(ctl.console, read.error());
  }
  if (found == 0) ctl.console.note("No record fits.\n");
  return CtlExit::Ok;
}

void add_tail(Command noun, Ctl& ctl) {
  const auto options = std::make_shared<TailOptions>();
  const auto verb =
      add_verb<TailOptions>(noun, ctl, "tail", "Show the newest records",
                            "  sallyportctl audit tail\n"
                            "  sallyportctl audit tail -n 50 -f\n"
                            "  sallyportctl audit tail -f --json | jq -c 'select(.event == \"flow.denied\")'\n"
                            "With --json one record a line, as it is in the file, signed heads too.",
                            options, run_tail);
  verb.add_option("-n,--lines", options->lines, "How many").show_default().between(0, 1'000'000);
  verb.add_flag("-f,--follow", options->follow, "Then go on as records are written, until Ctrl-C");
  verb.add_option("--for", options->duration, "With -f: end after this time, like 60s or 5m");
}

void add_search(Command noun, Ctl& ctl) {
  const auto options = std::make_shared<SearchOptions>();
  const auto verb =
      add_verb<SearchOptions>(noun, ctl, "search", "Find records; all that is given must fit",
                              "  sallyportctl audit search --user ana@example.com --since 2d\n"
                              "  sallyportctl audit search --event 'policy.*' --json | jq -r '[.time, .by] | @tsv'\n"
                              "  sallyportctl audit search --code K7Q2-9XPD\n"
                              "Events and members are in docs/audit.md. With --json one record a line.",
                              options, run_search);
  auto& filter = options->filter;
  verb.add_option("--user", filter.user, "E-mail address of the person");
  verb.add_option("--device", filter.device, "Name of the device");
  verb.add_option("--serial", filter.serial, "Of the device certificate");
  verb.add_option("--session", filter.session, "Number of the session");
  verb.add_option("--event", filter.event, "Like session.open, or session.*");
  verb.add_option("--reason", filter.reason, "Like device_disabled");
  verb.add_option("--by", filter.by, "A part of who did it");
  verb.add_option("--code", filter.reference, "What the employee was shown, or the name of a token");
  verb.add_option("--since", options->since, "2026-11-27T10:00:00Z, 2026-11-27, or an age like 2d");
  verb.add_option("--until", options->until, "The same");
}

}  // namespace

void add_audit_commands(Command app, Ctl& ctl) {
  const auto noun = app.add_noun("audit", "The record of what happened, and whether somebody altered it");
  add_audit_verify(noun, ctl);
  add_tail(noun, ctl);
  add_search(noun, ctl);
  add_audit_key(noun, ctl);
  add_audit_head(noun, ctl);
}

}  // namespace sallyport
