#include "client/cli/enrol_commands.hpp"

#include "client/cli/enrol.hpp"
#include "client/cli/output.hpp"
#include "client/config/client_config_loader.hpp"
#include "client/daemon/answer.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace sallyport {
namespace {

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

}  // namespace

int run_enrol_request(const Arguments& arguments) {
  const auto files = device_files(arguments);
  if (!files) return show_failure(arguments, declined("configuration", files.error()));
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
