#include "client/cli/enrol.hpp"
#include "client/cli/exit_code.hpp"
#include "client/cli/name_lookup.hpp"
#include "client/cli/render.hpp"
#include "client/config/client_config_loader.hpp"
#include "client/config/service_address.hpp"
#include "client/daemon/answer.hpp"
#include "common/base/text.hpp"
#include "common/base/version.hpp"
#include "common/ipc/client.hpp"
#include "common/uv/signal.hpp"

#include <fmt/format.h>
#include <langinfo.h>
#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <clocale>
#include <cstdio>
#include <cstdlib>

namespace sallyport {
namespace {

using nlohmann::json;

constexpr const char* kFooter = R"(Examples:
  sallyport up                        connect (the only profile)
  sallyport status                    am I connected, as whom, to what, what was refused
  sallyport why git.example.com:22    why can I not reach this, and whom to ask for what
  sallyport down                      disconnect; undoes every change of the network

First time on a laptop: sallyport enroll --help

Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 not connected or not running, 4 not permitted.)";

constexpr const char* kEnrolFooter = R"(In this order, as root:
  sallyport enroll request --id ana-laptop --out ana-laptop.csr
  (send the file to your administrator; a certificate and a CA file come back)
  sallyport enroll install --certificate ana-laptop.pem --ca ca.pem)";

struct Arguments {
  std::string socket;
  std::string config;
  bool json_output = false;
  std::string profile;
  std::string to;
  std::string id;
  std::string out;
  std::string key;
  std::string certificate;
  std::string ca;
};

int code(ExitCode exit_code) { return static_cast<int>(exit_code); }

WallTime now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

Style style_of(int fd) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view{terminal} == "dumb";
  const bool colour = ::isatty(fd) == 1 && (no_colour == nullptr || *no_colour == '\0') && !dumb;
  return {colour, std::string_view{::nl_langinfo(CODESET)} == "UTF-8"};
}

json unreachable(IpcError error, const std::string& socket) {
  switch (error) {
    case IpcError::NotRunning:
      return declined("not_running", "the client service is not running (" + socket + ")",
                      "start it: systemctl start sallyportd");
    case IpcError::NotPermitted:
      return declined("not_permitted", "you may not use this tunnel",
                      "ask your administrator to add you to the group sallyport");
    case IpcError::Timeout:
    case IpcError::BadAnswer:
      break;
  }
  return declined("no_answer", std::string{describe(error)}, "look at: journalctl -u sallyportd");
}

json ask(const Arguments& arguments, const json& request, Duration patience) {
  const auto answer = ask_daemon(arguments.socket, request, patience);
  return answer ? *answer : unreachable(answer.error(), arguments.socket);
}

/// Data goes to standard output, what went wrong to standard error.
int show(const Arguments& arguments, const json& answer, const std::function<std::string()>& render) {
  const bool ok = answer.value("ok", json{}) == true;
  if (arguments.json_output)
    fmt::print("{}\n", answer.dump(2, ' ', true, json::error_handler_t::replace));
  else if (ok)
    fmt::print("{}", render());
  else
    fmt::print(stderr, "{}", render_error(answer));
  return code(exit_code_of(answer));
}

int report(const Arguments& arguments, const json& answer) {
  return show(arguments, answer, [] { return ""; });
}

int up(const Arguments& arguments) {
  json request{{"v", 1}, {"do", "up"}};
  if (!arguments.profile.empty()) request["profile"] = arguments.profile;
  const auto answer = ask(arguments, request, std::chrono::seconds{20});
  return show(arguments, answer, [&] { return render_status(answer, now(), style_of(STDOUT_FILENO)); });
}

int down(const Arguments& arguments) {
  const auto answer = ask(arguments, {{"v", 1}, {"do", "down"}}, std::chrono::seconds{20});
  return show(arguments, answer, [&] { return render_down(answer); });
}

int status(const Arguments& arguments) {
  const auto answer = ask(arguments, {{"v", 1}, {"do", "status"}}, std::chrono::seconds{10});
  return show(arguments, answer, [&] { return render_status(answer, now(), style_of(STDOUT_FILENO)); });
}

int why(const Arguments& arguments) {
  auto service = ServiceAddress::parse(arguments.to);
  if (!service) {
    fmt::print(stderr, "sallyport: \"{}\" is not HOST:PORT\n  examples: git.example.com:22, 10.20.4.10:53/udp\n",
               arguments.to);
    return code(ExitCode::Usage);
  }
  std::string asked;
  if (!service->address()) {
    const auto address = look_up(service->host);
    if (!address) {
      return report(arguments, declined("name_unresolved", address.error(), "check the spelling, or give an address"));
    }
    asked = arguments.to;
    *service = service->at(*address);
  }
  const auto answer = ask(arguments, {{"v", 1}, {"do", "why"}, {"to", service->to_string()}}, std::chrono::seconds{10});
  return show(arguments, answer, [&] { return render_why(answer, asked); });
}

int version(const Arguments& arguments) {
  const json answer{{"v", 1}, {"ok", true}, {"version", product_version()}};
  return show(arguments, answer, [] { return fmt::format("sallyport {}\n", product_version()); });
}

/// The files of the profile named, or of the only one, or where a profile without paths has them.
Result<DeviceFiles, std::string> device_files(const Arguments& arguments) {
  DeviceFiles files{default_ca_path(kDefaultClientState), default_certificate_path(kDefaultClientState),
                    default_key_path(kDefaultClientState)};
  struct stat ignored {};
  const std::string path = arguments.config.empty() ? std::string{kDefaultClientConfig} : arguments.config;
  if (!arguments.config.empty() || ::stat(path.c_str(), &ignored) == 0) {
    const auto config = load_client_config(path);
    if (!config) return fail(to_string(config.error()));
    if (arguments.profile.empty() && config->profiles.size() > 1) {
      return fail(std::string{"several profiles are configured; choose one: --profile NAME"});
    }
    const auto found = arguments.profile.empty() ? config->profiles.begin() : config->profiles.find(arguments.profile);
    if (found != config->profiles.end()) {
      files = {found->second.ca, found->second.certificate, found->second.key};
    } else if (!arguments.profile.empty()) {
      return fail("no profile \"" + arguments.profile + "\" in " + path);
    } else {
      files = {default_ca_path(config->state), default_certificate_path(config->state),
               default_key_path(config->state)};
    }
  }
  if (!arguments.key.empty()) files.key = arguments.key;
  return files;
}

int enrol_request(const Arguments& arguments) {
  const auto files = device_files(arguments);
  if (!files) return report(arguments, declined("configuration", files.error()));
  const auto done = request_certificate(arguments.id, files->key, arguments.out);
  if (!done) return report(arguments, declined("enrol_failed", done.error()));
  json answer = accepted();
  answer.update({{"key", files->key}, {"request", arguments.out}});
  return show(arguments, answer, [&] {
    return fmt::format(
        "Made {} (stays on this device) and {}.\n"
        "Next: send {} to your administrator, who runs\n"
        "  sallyportctl devices enroll --user YOUR-ADDRESS --csr {} --out {}.pem\n"
        "and sends back that certificate and the CA file. Then, here:\n"
        "  sallyport enroll install --certificate {}.pem --ca ca.pem\n",
        files->key, arguments.out, arguments.out, arguments.out, arguments.id, arguments.id);
  });
}

int enrol_install(const Arguments& arguments) {
  const auto files = device_files(arguments);
  if (!files) return report(arguments, declined("configuration", files.error()));
  const auto done = install_certificate(arguments.certificate, arguments.ca, *files, now());
  if (!done) return report(arguments, declined("enrol_failed", done.error(), "nothing was changed"));
  json answer = accepted();
  answer.update({{"device", done->device},
                 {"user", done->user},
                 {"certificate_expires", format_utc(done->expires)},
                 {"certificate", files->certificate},
                 {"ca", files->ca}});
  return show(arguments, answer, [&] {
    return fmt::format("This device is {} of {}, until {}.\nNext: sallyport up\n", done->device, done->user,
                       format_utc(done->expires).substr(0, 10));
  });
}

void choose_socket(Arguments& arguments) {
  if (!arguments.socket.empty()) return;
  ClientConfig config;
  if (!arguments.config.empty()) {
    if (auto loaded = load_client_config(arguments.config)) config = std::move(*loaded);
  }
  arguments.socket = config.socket_path();
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
  auto* enrol = app.add_subcommand("enroll", "make this device known: request a certificate, install it (as root)");
  enrol->footer(kEnrolFooter);
  enrol->require_subcommand(1);
  add_command(*enrol, arguments, chosen, "request", "make the device key and a certificate request", enrol_request,
              [](CLI::App& sub, Arguments& a) {
                sub.add_option("--id", a.id, "the device's name: 1 to 63 of a-z, 0-9 and '-'")->required();
                sub.add_option("--out", a.out, "the request, to send to the administrator")->required();
                sub.add_option("--key", a.key, "where to keep the key (default: as the profile says)");
                sub.add_option("--profile", a.profile, "the profile to enrol for, when there are several");
              });
  add_command(*enrol, arguments, chosen, "install", "check a certificate and put it in place", enrol_install,
              [](CLI::App& sub, Arguments& a) {
                sub.add_option("--certificate", a.certificate, "what the administrator sent back")->required();
                sub.add_option("--ca", a.ca, "the CA file the administrator sent")->required();
                sub.add_option("--key", a.key, "the key of the request (default: as the profile says)");
                sub.add_option("--profile", a.profile, "the profile to enrol for, when there are several");
              });
}

void add_commands(CLI::App& app, Arguments& arguments, Command& chosen) {
  add_command(app, arguments, chosen, "up", "connect", up, [](CLI::App& sub, Arguments& a) {
    sub.add_option("PROFILE", a.profile, "which profile of client.toml (not needed when there is one)");
  });
  add_command(app, arguments, chosen, "down", "disconnect and undo every change of the network", down);
  add_command(app, arguments, chosen, "status", "say whether, as whom and to what this laptop is connected", status);
  add_command(app, arguments, chosen, "why", "say why something can or cannot be reached", why,
              [](CLI::App& sub, Arguments& a) {
                sub.add_option("HOST:PORT", a.to, "name or address, with /udp or /icmp when it is not TCP")->required();
              });
  add_command(app, arguments, chosen, "version", "print the version", version);
  add_enrol(app, arguments, chosen);
}

/// The parser alone would say that a command is missing.
bool explain_unknown_command(const CLI::App& app) {
  const auto words = app.remaining();
  if (words.empty() || !app.get_subcommands().empty()) return false;
  const std::vector<std::string_view> commands{"up", "down", "status", "why", "version", "enroll"};
  const auto meant = closest_match(words.front(), commands);
  fmt::print(stderr, "sallyport: no command \"{}\"{}\n  see: sallyport --help\n", escape_untrusted(words.front(), 64),
             meant ? fmt::format("; did you mean \"{}\"?", *meant) : "");
  return true;
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  using namespace sallyport;
  ignore_broken_pipes();
  (void)std::setlocale(LC_CTYPE, "");
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
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    if (!explain_unknown_command(app)) (void)app.exit(error);
    return static_cast<int>(ExitCode::Usage);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::Usage);
  }
  choose_socket(arguments);
  return chosen(arguments);
}
