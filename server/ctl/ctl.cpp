#include "server/ctl/ctl.hpp"

#include "common/base/text.hpp"
#include "common/base/version.hpp"
#include "server/ctl/command_line.hpp"

#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace sallyport {
namespace {

constexpr const char* kExamples =
    "A new gateway, from nothing to a connected laptop:\n"
    "  sallyportctl ca init\n"
    "  sallyportctl gateway-cert issue\n"
    "  systemctl start sallyport-gateway\n"
    "  sallyportctl devices enroll --user ana@example.com --csr ana-laptop.csr --out ana-laptop.pem\n"
    "  sallyportctl status\n"
    "\n"
    "A laptop that enrols over the network ([enrolment] listen in the configuration):\n"
    "  sallyportctl tokens create --user ana@example.com --expires 1h\n"
    "\n"
    "A laptop was stolen:\n"
    "  sallyportctl devices revoke ana-laptop\n"
    "Somebody left:\n"
    "  sallyportctl users disable ana@example.com\n"
    "\n"
    "What happened, and is the record of it whole?\n"
    "  sallyportctl audit search --device ana-laptop --since 2d\n"
    "  sallyportctl audit verify\n"
    "\n"
    "Exit codes: 0 done; 1 failed; 2 wrong usage; 3 no gateway is running; 4 not permitted;\n"
    "5 the audit file was altered.\n"
    "Every command takes --json: one document on standard output, \"v\": 1; fields are only ever added.";

bool wants_colour(const std::string& when, bool is_terminal) {
  if (when != "auto") return when == "always";
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool is_dumb = terminal == nullptr || std::string_view{terminal} == "dumb";
  return is_terminal && !is_dumb && (no_colour == nullptr || *no_colour == '\0');
}

/// The deepest command that was recognised: its help is the right one.
const CLI::App& innermost(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : innermost(*chosen.back());
}

std::string path_of(const CLI::App& app) {
  const auto* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : path_of(*parent) + ' ' + app.get_name();
}

/// Whether `word` is one of the commands that led here.
bool names_way(const CLI::App* command, const std::string& word) {
  for (; command != nullptr; command = command->get_parent()) {
    if (command->get_name() == word) return true;
  }
  return false;
}

/// The first word of `arguments` that should be a command below `command` and is none; empty when there is no such.
std::string unknown_word(const CLI::App& command, const std::vector<std::string>& arguments) {
  const auto commands = command.get_subcommands(nullptr);
  if (commands.empty()) return {};
  bool is_value = false;
  for (const auto& word : arguments) {
    const bool is_argument = is_value || word.starts_with('-') || names_way(&command, word);
    is_value = word == "--config" || word == "--color";
    if (!is_argument) return word;
  }
  return {};
}

std::string hint_for(const CLI::App& command, const std::string& word) {
  std::vector<std::string> names;
  for (const auto* each : command.get_subcommands(nullptr)) names.push_back(each->get_name());
  const std::vector<std::string_view> candidates{names.begin(), names.end()};
  const auto meant = closest_match(word, candidates);
  return meant ? "did you mean \"" + std::string{*meant} + "\"? " : std::string{};
}

void add_globals(CLI::App& app, Ctl& ctl, bool& json, std::string& colour) {
  app.set_version_flag("--version", "sallyportctl " + std::string{product_version()}, "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.add_option("--config", ctl.config_path, "The gateway's configuration")->capture_default_str();
  app.add_flag("--json", json, "Answer in JSON");
  app.add_option("--color", colour, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
}

void add_commands(Command app, Ctl& ctl) {
  add_gateway_commands(app, ctl);
  add_metrics_command(app, ctl);
  add_drain_command(app, ctl);
  add_drill_command(app, ctl);
  add_clock_commands(app, ctl);
  add_sessions_commands(app, ctl);
  add_devices_commands(app, ctl);
  add_users_commands(app, ctl);
  add_tokens_commands(app, ctl);
  add_policy_commands(app, ctl);
  add_denials_commands(app, ctl);
  add_explain_code_command(app, ctl);
  add_flows_command(app, ctl);
  add_trace_command(app, ctl);
  add_audit_commands(app, ctl);
  add_ca_commands(app, ctl);
  add_gateway_cert_commands(app, ctl);
  add_crl_commands(app, ctl);
  add_pki_commands(app, ctl);
}

CtlExit explain_usage(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& arguments,
                      Console& console) {
  const auto& command = innermost(app);
  const auto word = unknown_word(command, arguments);
  const auto words = word.empty() ? error.what() : "there is no command \"" + word + '"';
  return console.fail(CtlExit::Usage, escape_untrusted(words),
                      (word.empty() ? "" : hint_for(command, word)) + "run: " + path_of(command) + " --help");
}

}  // namespace

std::optional<GatewayConfig> Ctl::config() {
  auto config = load_gateway_config(config_path);
  if (config) return std::move(*config);
  if (::access(config_path.c_str(), F_OK) != 0 && errno == ENOENT) {
    console.fail(CtlExit::Failed, "there is no configuration " + config_path,
                 "on the gateway's host, write it (README: a gateway in six lines); or name one: --config FILE");
    return std::nullopt;
  }
  console.fail(CtlExit::Failed, "the configuration cannot be used", config.error());
  return std::nullopt;
}

CtlExit run_ctl(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err, bool is_terminal,
                WallTime now) {
  Ctl ctl{Console{out, err}, now, kDefaultGatewayConfigPath, {}, is_terminal};
  bool json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  std::string colour = "auto";
  ctl.console.use_json(json);
  CLI::App app{"Administers a Sallyport gateway on this host.", "sallyportctl"};
  app.footer(kExamples);
  app.require_subcommand(1);
  add_globals(app, ctl, json, colour);
  add_commands(Command{app}, ctl);
  try {
    app.parse(std::vector<std::string>{arguments.rbegin(), arguments.rend()});
  } catch (const CLI::Success& asked) {
    app.exit(asked, out, err);
    return CtlExit::Ok;
  } catch (const CLI::ParseError& error) {
    return explain_usage(app, error, arguments, ctl.console);
  }
  ctl.console.use_json(json);
  ctl.console.use_colour(wants_colour(colour, is_terminal));
  return ctl.command();
}

}  // namespace sallyport
