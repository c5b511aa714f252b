#include "client/cli/enrol_commands.hpp"

#include "client/cli/code_input.hpp"
#include "client/cli/enrol.hpp"
#include "client/cli/enrol_online.hpp"
#include "client/cli/output.hpp"
#include "client/cli/token_key.hpp"
#include "client/config/client_config_loader.hpp"
#include "client/daemon/answer.hpp"
#include "common/base/hex.hpp"
#include "common/base/text.hpp"
#include "common/wire/upgrade.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <iostream>
#include <string>

namespace sallyport {
namespace {

/// `path` as the place of the PIN in the URI of the key.
Result<DeviceFiles, std::string> with_pin_file(DeviceFiles files, const std::string& path) {
  if (path.empty()) return files;
  if (!files.is_on_token()) return fail(std::string{"--pin-file is for keys on a token: --key 'pkcs11:...'"});
  const bool is_plain = path.starts_with('/') && std::all_of(path.begin(), path.end(), [](unsigned char c) {
                          return std::isalnum(c) != 0 || c == '/' || c == '.' || c == '_' || c == '-';
                        });
  if (!is_plain) return fail(std::string{"--pin-file must be an absolute path of letters, digits and / . _ -"});
  files.key += (files.key.find('?') == std::string::npos ? "?pin-source=file:" : "&pin-source=file:") + path;
  return files;
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
  return with_pin_file(std::move(files), arguments.pin_file);
}

constexpr std::uint16_t kDoor = 8443;
constexpr std::size_t kPinDigits = 64;

/// HOST or HOST:PORT; the port of the enrolment door when there is none.
std::optional<GatewayEndpoint> door_of(const std::string& text) {
  auto place = GatewayEndpoint::parse(text);
  // With another port behind it, only what has none itself still reads.
  if (place && GatewayEndpoint::parse(text + ":1")) place->port = kDoor;
  return place;
}

std::string trimmed(std::string text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_blank(text.back())) text.pop_back();
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), is_blank));
  return text;
}

/// Asked for at the terminal; "-": the first line of standard input. So it shows up in no list of processes and no
/// history.
Result<std::string, std::string> token_of(const Arguments& arguments) {
  if (arguments.token.empty()) {
    auto typed =
        ask_hidden("Token from your administrator (it is not shown): ", "give it on standard input: --token -");
    if (!typed) return typed;
    return trimmed(std::move(*typed));
  }
  if (arguments.token != "-") return arguments.token;
  std::string line;
  std::getline(std::cin, line);
  return trimmed(std::move(line));
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kMaxEstToken &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

struct UsageError {
  std::string error;
  std::string hint;
};

Result<OnlineEnrolment, UsageError> online_of(const Arguments& arguments) {
  if (arguments.gateway.empty()) {
    return fail(UsageError{"which gateway? Type the line that your administrator sent",
                           "it looks like: sallyport enroll vpn.example.com --pin SHA256"});
  }
  const auto place = door_of(arguments.gateway);
  if (!place) {
    return fail(UsageError{'"' + escape_untrusted(arguments.gateway, 64) + "\" is not HOST or HOST:PORT",
                           "example: sallyport enroll vpn.example.com --pin SHA256"});
  }
  if (arguments.ca.empty() == arguments.pin.empty()) {
    return fail(UsageError{"how is the gateway known? With --pin SHA256 or with --ca FILE, one of them",
                           "the line that `sallyportctl tokens create` printed has the pin"});
  }
  const auto pin = lower_ascii(arguments.pin);
  if (!pin.empty() && (pin.size() != kPinDigits || !from_hex(pin))) {
    return fail(UsageError{"--pin is not the SHA-256 of a certificate: 64 hexadecimal digits", {}});
  }
  const auto name = arguments.name.empty() ? place->host : lower_ascii(arguments.name);
  if (!is_authority(name)) return fail(UsageError{"--name is no host name", {}});
  return OnlineEnrolment{*place, name, {}, arguments.ca, pin};
}

/// Nobody is asked for a token that would be of no use.
Result<void, UsageError> take_token(const Arguments& arguments, OnlineEnrolment& enrolment) {
  auto token = token_of(arguments);
  if (!token) return fail(UsageError{token.error(), {}});
  if (!is_token(*token)) return fail(UsageError{"the token is empty or no token", "it looks like spt_3f2a90c1..."});
  enrolment.token = std::move(*token);
  return {};
}

/// An answer that says so when this user may not keep what `file` is for.
std::optional<nlohmann::json> refusal_to_keep(const std::string& file) {
  if (::access(parent_of(file).c_str(), W_OK | X_OK) == 0 || errno != EACCES) return std::nullopt;
  return declined("not_permitted", "you may not write to " + parent_of(file),
                  "run it as root: sudo sallyport enroll ...");
}

int show_usage(const Arguments& arguments, const UsageError& error) {
  return show_failure(arguments, declined("usage", error.error, error.hint));
}

std::string hint_for(const EstFailure& failure) {
  if (failure.reason == "connect_failed") {
    return "is it the gateway's enrolment port? It is given as HOST:PORT, and is " + std::to_string(kDoor) +
           " otherwise";
  }
  if (failure.reason == "certificate_refused") {
    return "that port wants a certificate already; the enrolment port is another one: " + std::to_string(kDoor) +
           ", or as your administrator says";
  }
  if (failure.reason == "gateway_untrusted") {
    return "the token was not sent; compare host, --name and --pin with what your administrator sent";
  }
  if (failure.reason == "bad_answer" || failure.reason == "connection_lost" || failure.reason == "timeout") {
    return "nothing was changed on this device; try again, and if the token is refused then, ask for another";
  }
  if (failure.reason == "name_unresolved") return "check the name and the network; nothing was changed on this device";
  return "nothing was changed on this device";
}

/// Where no profile is configured, the next step is to write one.
std::string next_step(const Arguments& arguments, const OnlineEnrolment& enrolment, const DeviceFiles& files) {
  const std::string path = arguments.config.empty() ? std::string{kDefaultClientConfig} : arguments.config;
  const auto config = load_client_config(path);
  const auto key_line = files.is_on_token() ? "  key     = \"" + files.key + "\"\n" : std::string{};
  if (config && !config->profiles.empty()) {
    const auto& profiles = config->profiles;
    const bool is_said = !files.is_on_token() || std::any_of(profiles.begin(), profiles.end(), [&](const auto& each) {
      return each.second.key == files.key;
    });
    // A tunnel that is up goes on by what the device had before.
    if (is_said) return arguments.replace ? "Next: sallyport down && sallyport up\n" : "Next: sallyport up\n";
    return fmt::format("Next: say in the profile in {}\n{}then: systemctl reload sallyportd && sallyport up\n", path,
                       key_line);
  }
  return fmt::format(
      "Next: write {}\n  version = 1\n  [profile.office]\n  gateway = \"{}:443\"\n{}"
      "then: systemctl restart sallyportd && sallyport up\n",
      path, enrolment.server_name, key_line);
}

Result<DeviceKey, EstFailure> make_key(const Arguments& arguments, const DeviceFiles& files,
                                       const std::shared_ptr<Token>& token) {
  if (token) return choose_token_key(files, token, {!arguments.json_output, arguments.take_key, arguments.pin_stdin});
  auto key = make_next_key(files, nullptr, nullptr);
  if (!key) return fail(EstFailure{"enrol_failed", to_string(key.error())});
  return std::move(*key);
}

}  // namespace

int run_enrol_online(const Arguments& arguments) {
  auto enrolment = online_of(arguments);
  if (!enrolment) return show_usage(arguments, enrolment.error());
  const auto files = device_files(arguments);
  if (!files) return show_failure(arguments, declined("configuration", files.error()));
  if (const auto refusal = refusal_to_keep(files->certificate)) return show_failure(arguments, *refusal);
  const bool has_key_file = !files->is_on_token() && file_exists(files->key);
  const bool is_enrolled = has_key_file || file_exists(files->certificate) || file_exists(files->next());
  if (is_enrolled && !arguments.replace) {
    return show_failure(arguments, declined("enrolled_already", "this device has a key already: " + files->key,
                                            "to enrol it anew and give up what it has, add: --replace"));
  }
  Tokens tokens;
  const auto token = tokens.of(files->key);
  if (!token) return show_failure(arguments, declined("bad_uri", to_string(token.error())));
  if (auto taken = take_token(arguments, *enrolment); !taken) return show_usage(arguments, taken.error());
  const auto done = enrol_online(
      *enrolment, *files, [&] { return make_key(arguments, *files, *token); }, *token, wall_clock());
  if (!done) return show_failure(arguments, declined(done.error().reason, done.error().words, hint_for(done.error())));
  nlohmann::json answer = accepted();
  answer.update({{"device", done->device.text()},
                 {"user", done->user.text()},
                 {"certificate_expires", format_utc(done->not_after)},
                 {"certificate", files->certificate},
                 {"key", files->key},
                 {"ca", files->ca}});
  return show(arguments, answer, [&] {
    return fmt::format("This device is {} of {}, until {}; it renews itself before that.\n{}", done->device.text(),
                       done->user.text(), format_utc(done->not_after).substr(0, 10),
                       next_step(arguments, *enrolment, *files));
  });
}

int run_enrol_request(const Arguments& arguments) {
  const auto files = device_files(arguments);
  if (!files) return show_failure(arguments, declined("configuration", files.error()));
  const auto refusal = files->is_on_token() ? std::nullopt : refusal_to_keep(files->key);
  if (refusal) return show_failure(arguments, *refusal);
  const auto done = request_certificate(arguments.id, files->key, arguments.out);
  if (!done) return show_failure(arguments, declined("enrol_failed", done.error()));
  nlohmann::json answer = accepted();
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

int run_enrol_install(const Arguments& arguments) {
  const auto files = device_files(arguments);
  if (!files) return show_failure(arguments, declined("configuration", files.error()));
  if (const auto refusal = refusal_to_keep(files->certificate)) return show_failure(arguments, *refusal);
  const auto done = install_certificate(arguments.certificate, arguments.ca, *files, wall_clock());
  if (!done) return show_failure(arguments, declined("enrol_failed", done.error(), "nothing was changed"));
  nlohmann::json answer = accepted();
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

}  // namespace sallyport
