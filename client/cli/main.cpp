#include "client/cli/enrol_commands.hpp"
#include "client/cli/exit_code.hpp"
#include "client/cli/output.hpp"
#include "client/cli/service_commands.hpp"
#include "client/config/client_config_loader.hpp"
#include "client/daemon/answer.hpp"
#include "common/base/version.hpp"
#include "common/cli/usage.hpp"
#include "common/uv/signal.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace sallyport {
namespace {

constexpr const char* kFooter = R"(Examples:
  sallyport up                        connect (the only profile)
  sallyport status                    am I connected, as whom, to what, what was refused
  sallyport why git.example.com:22    why can I not reach this, and whom to ask for what
  sallyport login                     prove that you are there, when something asks for it
  sallyport posture                   what is this laptop asked, what fails, how do I mend it
  sallyport down                      disconnect; undoes every change of the network

First time on a laptop: sallyport enroll --help

Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 not connected or not running, 4 not permitted,
             5 (login) the code was not accepted,
             6 (posture) a check that your access depends on does not hold.)";

constexpr const char* kUpFooter = R"(Examples:
  sallyport up                        the only profile of client.toml
  sallyport up office                 one of several
It returns when the tunnel carries, or with the reason why not (exit code 1); the service goes on trying, and
`sallyport status` says how far it is.)";

constexpr const char* kDownFooter = R"(Examples:
  sallyport down
Stops trying, too. It is no error when nothing was connected.)";

constexpr const char* kStatusFooter = R"(Examples:
  sallyport status
  sallyport status --json | jq -r .state     online, connecting, reconnecting or down

Exit codes: 0 connected, 3 not connected or not running, 4 not permitted.)";

constexpr const char* kWhyFooter = R"(Examples:
  sallyport why git.example.com:22
  sallyport why https://wiki.example.com/    as copied from the browser
  sallyport why '[fd00:20::5]:443'
  sallyport why 10.20.4.10:53/udp
  sallyport why 10.20.4.10/icmp              may I ping it
  sallyport why git.example.com:22 --json | jq -r .verdict      allow or deny

Exit codes: 0 answered, whatever the answer is; 1 failed; 2 wrong usage; 3 not connected; 4 not permitted.)";

constexpr const char* kPostureFooter =
    R"(Examples:
  sallyport posture
  sallyport posture --json | jq -r '.checks[] | select(.state != "holds") | .name'

Everything listed under "Reported" is what leaves this laptop, nothing else; what is unknown is not sent.
It is this laptop's own word: the gateway cannot prove it. Names of processes and files are reported only
when the gateway asks for them, as "runs" or "is there". The checks come from the gateway, judged at the last
report. After you mended something, this laptop tells it at once where it can notice that, and otherwise
within one beat (at most five minutes).
Not connected: only what would be reported is shown.

Exit codes: 0 every check that your access depends on holds, 6 one of them does not,
            3 not connected or not running: no check is known.)";

constexpr const char* kUnlockFooter =
    R"(Examples:
  sallyport unlock                           asks for the PIN
  pass show work/token | sallyport unlock --pin-stdin

Needed after each start of the service when client.toml names no file with the PIN (pin-source=file:...).
The PIN is tried once, at once. A wrong one costs a try; a few of them lock the token for good.

Exit codes: 0 unlocked; 1 failed, or the PIN is wrong; 2 no PIN; 3 the service does not run; 4 not permitted.)";

constexpr const char* kRequestFooter = R"(Examples:
  sudo sallyport enroll request --id ana-laptop --out ana-laptop.csr
Send the file to your administrator. The key stays here, and one that is there is never overwritten.)";

constexpr const char* kInstallFooter = R"(Examples:
  sudo sallyport enroll install --certificate ana-laptop.pem --ca ca.pem
The files are checked against the key of this device before anything is changed.)";

/// Of other programs that do the like.
constexpr std::array kSynonyms{Synonym{"connect", "up"},     Synonym{"start", "up"},    Synonym{"disconnect", "down"},
                               Synonym{"stop", "down"},      Synonym{"logout", "down"}, Synonym{"quit", "down"},
                               Synonym{"explain", "why"},    Synonym{"ping", "why"},    Synonym{"doctor", "status"},
                               Synonym{"register", "enroll"}};

constexpr const char* kEnrolFooter = R"(With the line that your administrator sent, as root:
  sallyport enroll vpn.example.com --pin SHA256
It asks for the token, so that no list of processes and no history shows it; --token - reads it from standard input.
The key is made on this device and never leaves it. The gateway is known by the pin (or --ca FILE) before the token
is sent to it.

With the key on a hardware token, which makes it and never gives it away (it asks for the PIN):
  sallyport enroll vpn.example.com --token - --pin SHA256 --key 'pkcs11:token=ana-laptop;object=sallyport'

With files instead, in this order, as root:
  sallyport enroll request --id ana-laptop --out ana-laptop.csr
  (send the file to your administrator; a certificate and a CA file come back)
  sallyport enroll install --certificate ana-laptop.pem --ca ca.pem)";

constexpr const char* kLoginFooter =
    R"(It asks for a code only when a rule needs one; what waits for it is in: sallyport status
A code counts once. After five wrong ones each further try has to wait, at first 30 seconds.
A phone that is lost: type one of the recovery codes that you were given instead.

Examples:
  sallyport login
  sallyport login --for prod
  sallyport login --for 10.20.0.5:22
  pass otp work | sallyport login --code-stdin

Exit codes: 0 accepted, or nothing asks for it; 1 failed; 2 wrong usage; 3 not connected; 4 not permitted; 5 not accepted.)";

/// False: the configuration that was named cannot be used; the reason is printed.
bool choose_socket(Arguments& arguments) {
  if (!arguments.socket.empty()) return true;
  ClientConfig config;
  if (!arguments.config.empty()) {
    auto loaded = load_client_config(arguments.config);
    if (!loaded) {
      auto words = to_string(loaded.error());
      if (words.ends_with('\n')) words.pop_back();
      (void)show_failure(arguments, declined("configuration", words));
      return false;
    }
    config = std::move(*loaded);
  }
  arguments.socket = config.socket_path();
  return true;
}

using Command = int (*)(const Arguments&);

void add_command(CLI::App& app, Arguments& arguments, Command& chosen, const char* name, const char* words,
                 Command command, const std::function<void(CLI::App&, Arguments&)>& options = {}) {
  auto* sub = app.add_subcommand(name, words);
  sub->footer("");
  if (options) options(*sub, arguments);
  sub->callback([&chosen, command] { chosen = command; });
}

void add_enrol(CLI::App& app, Arguments& arguments, Command& chosen) {
  auto* enrol = app.add_subcommand("enroll", "make this device known and get its certificate (as root)");
  enrol->footer(kEnrolFooter);
  enrol->require_subcommand(0, 1);
  enrol->add_option("GATEWAY", arguments.gateway, "HOST or HOST:PORT of its enrolment port (default: 8443)");
  enrol->add_option("--token", arguments.token,
                    "what your administrator sent, when you do not want to be asked; - reads it from standard input");
  auto* pin = enrol->add_option("--pin", arguments.pin, "SHA-256 of the certificate of the gateway's authority");
  enrol->add_option("--ca", arguments.ca, "file with that certificate, instead of the pin")->excludes(pin);
  enrol->add_option("--name", arguments.name, "what the gateway's certificate says, when that is not HOST");
  enrol->add_option("--profile", arguments.profile, "the profile to enrol for, when there are several");
  enrol->add_option("--key", arguments.key, "where to keep the key: a file, or 'pkcs11:token=LABEL;object=LABEL'");
  enrol->add_option("--pin-file", arguments.pin_file, "file with the PIN of the token that the key is on");
  enrol->add_flag("--pin-stdin", arguments.pin_stdin,
                  "read that PIN from standard input (then --token as an argument)");
  enrol->add_flag("--take-key", arguments.take_key, "use a key that is on the token already, without asking");
  enrol->add_flag("--replace", arguments.replace, "give up the key and certificate that this device has");
  enrol->callback([enrol, &chosen] {
    if (enrol->get_subcommands().empty()) chosen = run_enrol_online;
  });
  add_command(*enrol, arguments, chosen, "request", "make the device key and a certificate request", run_enrol_request,
              [](CLI::App& sub, Arguments& a) {
                sub.add_option("--id", a.id, "the device's name: 1 to 63 of a-z, 0-9 and '-'")->required();
                sub.add_option("--out", a.out, "the request, to send to the administrator")->required();
                sub.add_option("--key", a.key, "where to keep the key (default: as the profile says)");
                sub.add_option("--profile", a.profile, "the profile to enrol for, when there are several");
                sub.footer(kRequestFooter);
              });
  add_command(*enrol, arguments, chosen, "install", "check a certificate and put it in place", run_enrol_install,
              [](CLI::App& sub, Arguments& a) {
                sub.add_option("--certificate", a.certificate, "what the administrator sent back")->required();
                sub.add_option("--ca", a.ca, "the CA file the administrator sent")->required();
                sub.add_option("--key", a.key, "the key of the request (default: as the profile says)");
                sub.add_option("--profile", a.profile, "the profile to enrol for, when there are several");
                sub.footer(kInstallFooter);
              });
}

void add_login(CLI::App& app, Arguments& arguments, Command& chosen) {
  add_command(app, arguments, chosen, "login", "prove that you are there with a code from your authenticator app",
              run_login, [](CLI::App& sub, Arguments& a) {
                sub.add_option("--for", a.purpose, "only if this place needs it: HOST:PORT, or a name from status");
                sub.add_flag("--code-stdin", a.code_stdin, "read the code from standard input, for scripts");
                sub.add_flag("--renew", a.renew, "prove it again although nothing waits for it yet");
                sub.footer(kLoginFooter);
              });
}

void add_commands(CLI::App& app, Arguments& arguments, Command& chosen) {
  add_command(app, arguments, chosen, "up", "connect", run_up, [](CLI::App& sub, Arguments& a) {
    sub.add_option("PROFILE", a.profile, "which profile of client.toml (not needed when there is one)");
    sub.footer(kUpFooter);
  });
  add_command(app, arguments, chosen, "down", "disconnect and undo every change of the network", run_down,
              [](CLI::App& sub, Arguments&) { sub.footer(kDownFooter); });
  add_command(app, arguments, chosen, "status", "say whether, as whom and to what this laptop is connected", run_status,
              [](CLI::App& sub, Arguments&) { sub.footer(kStatusFooter); });
  add_command(app, arguments, chosen, "why", "say why something can or cannot be reached", run_why,
              [](CLI::App& sub, Arguments& a) {
                sub.add_option("PLACE", a.to, "HOST:PORT, a name or an address, with /udp or /icmp when it is not TCP")
                    ->required();
                sub.footer(kWhyFooter);
              });
  add_login(app, arguments, chosen);
  add_command(app, arguments, chosen, "posture", "show what this laptop reports of itself, what fails, how to mend it",
              run_posture, [](CLI::App& sub, Arguments&) { sub.footer(kPostureFooter); });
  add_command(app, arguments, chosen, "unlock", "give the client service the PIN of the token with this device's key",
              run_unlock, [](CLI::App& sub, Arguments& a) {
                sub.add_option("PROFILE", a.profile, "which profile of client.toml (not needed when there is one)");
                sub.add_flag("--pin-stdin", a.pin_stdin, "read the PIN from standard input, for scripts");
                sub.footer(kUnlockFooter);
              });
  add_command(app, arguments, chosen, "version", "print the version", run_version,
              [](CLI::App& sub, Arguments&) { sub.footer("Examples:\n  sallyport version --json | jq -r .version"); });
  add_enrol(app, arguments, chosen);
}

/// Takes a secret out of what lists of processes show of this program.
void hide_argument(int argc, char** argv, const std::string& secret) {
  if (secret.empty() || secret == "-") return;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word{argv[i]};
    if (word.ends_with(secret)) std::fill_n(argv[i] + (word.size() - secret.size()), secret.size(), '*');
  }
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  using namespace sallyport;
  ignore_broken_pipes();
  Arguments arguments;
  Command chosen = nullptr;
  CLI::App app{"Sallyport: this laptop's guarded way into the office.", "sallyport"};
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--socket", arguments.socket, "where the client service listens (/run/sallyport/client.sock)");
  app.add_option("--config", arguments.config, "client.toml, for its paths (/etc/sallyport/client.toml)");
  app.add_flag("--json", arguments.json_output, "machine-readable output; fields are only ever added");
  app.set_version_flag("--version", "sallyport " + std::string{product_version()});
  add_commands(app, arguments, chosen);
  const auto words = with_help_word({argv + (argc > 0 ? 1 : 0), argv + argc});
  try {
    app.parse(std::vector<std::string>{words.rbegin(), words.rend()});
  } catch (const CLI::Success& asked) {
    return written(app.exit(asked));
  } catch (const CLI::ParseError& error) {
    arguments.json_output = std::find(words.begin(), words.end(), "--json") != words.end();
    const auto fault = explain_usage(app, error, words, kSynonyms);
    return show_failure(arguments, declined("usage", fault.words, fault.hint));
  }
  hide_argument(argc, argv, arguments.token);
  return choose_socket(arguments) ? chosen(arguments) : static_cast<int>(ExitCode::Failed);
}
