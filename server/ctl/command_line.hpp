#pragma once

#include "server/ctl/ctl.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sallyport {

/// One option of a command; each call says one more thing of it. This and Command are views: copy them freely. CLI11
/// stays behind them, because each file that includes it takes seconds to compile.
class CommandOption {
 public:
  explicit CommandOption(CLI::Option& option) : option_{&option} {}

  CommandOption required() const;
  /// The help shows what its value is now.
  CommandOption show_default() const;
  /// A number, both ends included.
  CommandOption between(std::int64_t least, std::int64_t most) const;
  /// What the help calls the value; may be empty.
  CommandOption type_name(const char* name) const;
  /// One word may hold several values.
  CommandOption delimiter(char delimiter) const;
  /// The option is repeated for each further value.
  CommandOption one_value_each() const;
  CommandOption needs(CommandOption other) const;
  CommandOption excludes(CommandOption other) const;

 private:
  CLI::Option* option_;
};

/// A noun or a verb of the command line.
class Command {
 public:
  explicit Command(CLI::App& app) : app_{&app} {}

  /// `value` is filled by the parse, and outlives it.
  CommandOption add_option(const char* name, std::string& value, const char* about) const;
  CommandOption add_option(const char* name, std::vector<std::string>& value, const char* about) const;
  CommandOption add_option(const char* name, int& value, const char* about) const;
  CommandOption add_option(const char* name, std::int64_t& value, const char* about) const;
  CommandOption add_option(const char* name, std::size_t& value, const char* about) const;
  CommandOption add_option(const char* name, std::optional<unsigned>& value, const char* about) const;
  CommandOption add_flag(const char* name, bool& value, const char* about) const;

  /// A noun with verbs below it.
  [[nodiscard]] Command add_noun(const char* name, const char* about) const;
  /// `chosen` runs when the parse has come upon this verb. `example` ends the help.
  [[nodiscard]] Command add_verb(const char* name, const char* about, const char* example,
                                 std::function<void()> chosen) const;

 private:
  CLI::App* app_;
};

// Each adds the commands of one noun. `app` and `ctl` outlive the parse.
void add_audit_commands(Command app, Ctl& ctl);
void add_ca_commands(Command app, Ctl& ctl);
void add_gateway_cert_commands(Command app, Ctl& ctl);
void add_crl_commands(Command app, Ctl& ctl);
void add_devices_commands(Command app, Ctl& ctl);
void add_users_commands(Command app, Ctl& ctl);
void add_tokens_commands(Command app, Ctl& ctl);
void add_sessions_commands(Command app, Ctl& ctl);
void add_policy_commands(Command app, Ctl& ctl);
void add_gateway_commands(Command app, Ctl& ctl);
void add_metrics_command(Command app, Ctl& ctl);
void add_drain_command(Command app, Ctl& ctl);
void add_pki_commands(Command app, Ctl& ctl);
void add_drill_command(Command app, Ctl& ctl);
void add_clock_commands(Command app, Ctl& ctl);
void add_denials_commands(Command app, Ctl& ctl);
void add_explain_code_command(Command app, Ctl& ctl);
void add_flows_command(Command app, Ctl& ctl);
void add_trace_command(Command app, Ctl& ctl);
// Below "ca".
void add_rotation_commands(Command noun, Ctl& ctl);
// Below "policy".
void add_policy_replay(Command noun, Ctl& ctl);

/// A verb whose `options` are filled by the parse and then handed to `run`.
template <class Options>
[[nodiscard]] Command add_verb(Command app, Ctl& ctl, const char* name, const char* about, const char* example,
                               const std::shared_ptr<Options>& options, CtlExit (*run)(Ctl&, const Options&)) {
  return app.add_verb(name, about, example,
                      [&ctl, options, run] { ctl.command = [&ctl, options, run] { return run(ctl, *options); }; });
}

struct NoOptions {};

/// "--days N": a lifetime of 1 day to 10 years.
void add_days(Command verb, int& days, const char* what);

}  // namespace sallyport
