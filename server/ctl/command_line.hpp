#pragma once

#include "server/ctl/ctl.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>

namespace sallyport {

// Each adds the commands of one noun. `app` and `ctl` outlive the parse.
void add_audit_commands(CLI::App& app, Ctl& ctl);
void add_ca_commands(CLI::App& app, Ctl& ctl);
void add_gateway_cert_commands(CLI::App& app, Ctl& ctl);
void add_crl_commands(CLI::App& app, Ctl& ctl);
void add_devices_commands(CLI::App& app, Ctl& ctl);
void add_users_commands(CLI::App& app, Ctl& ctl);
void add_tokens_commands(CLI::App& app, Ctl& ctl);
void add_sessions_commands(CLI::App& app, Ctl& ctl);
void add_policy_commands(CLI::App& app, Ctl& ctl);
void add_gateway_commands(CLI::App& app, Ctl& ctl);
void add_metrics_command(CLI::App& app, Ctl& ctl);
void add_drain_command(CLI::App& app, Ctl& ctl);
void add_pki_commands(CLI::App& app, Ctl& ctl);
void add_drill_command(CLI::App& app, Ctl& ctl);
void add_clock_commands(CLI::App& app, Ctl& ctl);
void add_denials_commands(CLI::App& app, Ctl& ctl);
void add_explain_code_command(CLI::App& app, Ctl& ctl);
void add_flows_command(CLI::App& app, Ctl& ctl);
void add_trace_command(CLI::App& app, Ctl& ctl);
// Below "ca".
void add_rotation_commands(CLI::App& noun, Ctl& ctl);
// Below "policy".
void add_policy_replay(CLI::App& noun, Ctl& ctl);

/// A noun with verbs below it.
[[nodiscard]] CLI::App& add_noun(CLI::App& app, const char* name, const char* about);

/// A verb whose `options` are filled by the parse and then handed to `run`. `example` ends the help.
template <class Options>
[[nodiscard]] CLI::App& add_verb(CLI::App& app, Ctl& ctl, const char* name, const char* about, const char* example,
                                 const std::shared_ptr<Options>& options, CtlExit (*run)(Ctl&, const Options&)) {
  auto* verb = app.add_subcommand(name, about);
  verb->fallthrough();
  verb->footer(std::string{"Examples:\n"} + example);
  verb->callback([&ctl, options, run] { ctl.command = [&ctl, options, run] { return run(ctl, *options); }; });
  return *verb;
}

struct NoOptions {};

/// "--days N": a lifetime of 1 day to 10 years.
void add_days(CLI::App& verb, int& days, const char* what);

}  // namespace sallyport
