#include "server/ctl/ctl.hpp"

#include "common/base/version.hpp"
#include "common/cli/usage.hpp"
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

}  // namespace

std::optional<GatewayConfig> Ctl::config() {
  auto config = load_gateway_config(config_path);
  if (config) return std::move(*config);
  if (::access(config_path.c_str(), F_OK) != 0 && errno == ENOENT) {
    console.fail(CtlExit::Failed, "there is no configuration " + config_path,
                 "on the gateway's host, write it (README: a gateway in six lines); or name one: --config FILE");
    return std::nullopt;
  }
  console.fail(CtlExit::Failed, "the configuration cannot be used; mend it, or name a copy that is good: --config FILE",
               config.error());
  return std::nullopt;
}

CtlExit run_ctl(const std::vector<std::string>& typed, std::ostream& out, std::ostream& err, bool is_terminal,
                WallTime now) {
  const auto arguments = with_help_word(typed);
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
    const auto fault = explain_usage(app, error, arguments);
    return ctl.console.fail(CtlExit::Usage, fault.words, fault.hint);
  }
  ctl.console.use_json(json);
  ctl.console.use_colour(wants_colour(colour, is_terminal));
  const auto code = ctl.command();
  return code == CtlExit::Failed && ctl.console.was_not_permitted() ? CtlExit::NotPermitted : code;
}

}  // namespace sallyport
