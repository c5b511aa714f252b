#include "client/cli/ask_service.hpp"
#include "client/cli/code_input.hpp"
#include "client/cli/exit_code.hpp"
#include "client/cli/output.hpp"
#include "client/cli/service_commands.hpp"
#include "client/daemon/answer.hpp"

#include <string.h>

#include <string>

namespace sallyport {

using nlohmann::json;

/// Each PIN is tried once: a loop that asks again would lock the token for whoever mistypes.
int run_unlock(const Arguments& arguments) {
  auto pin = ask_for_pin(arguments.profile.empty() ? "this device's key" : arguments.profile, arguments.pin_stdin);
  if (!pin || pin->empty()) {
    (void)show_failure(arguments, declined("pin_needed", pin ? "no PIN was typed, and none was tried" : pin.error()));
    return static_cast<int>(ExitCode::Usage);
  }
  json request{{"v", 1}, {"do", "unlock"}, {"pin", *pin}};
  ::explicit_bzero(pin->data(), pin->size());
  if (!arguments.profile.empty()) request["profile"] = arguments.profile;
  const auto answer = ask_service(arguments, request, std::chrono::seconds{20});
  auto& kept = request["pin"].get_ref<std::string&>();
  ::explicit_bzero(kept.data(), kept.size());
  return show(arguments, answer,
              [] { return std::string{"Unlocked until the client service stops, or the token refuses the PIN.\n"}; });
}

}  // namespace sallyport
