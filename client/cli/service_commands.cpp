#include "client/cli/service_commands.hpp"

#include "client/cli/exit_code.hpp"
#include "client/cli/name_lookup.hpp"
#include "client/cli/output.hpp"
#include "client/config/service_address.hpp"
#include "client/daemon/answer.hpp"
#include "common/base/version.hpp"
#include "common/ipc/client.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace sallyport {
namespace {

using nlohmann::json;

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

}  // namespace

int run_up(const Arguments& arguments) {
  json request{{"v", 1}, {"do", "up"}};
  if (!arguments.profile.empty()) request["profile"] = arguments.profile;
  const auto answer = ask(arguments, request, std::chrono::seconds{20});
  return show(arguments, answer, [&] { return render_status(answer, wall_clock(), output_style()); });
}

int run_down(const Arguments& arguments) {
  const auto answer = ask(arguments, {{"v", 1}, {"do", "down"}}, std::chrono::seconds{20});
  return show(arguments, answer, [&] { return render_down(answer); });
}

int run_status(const Arguments& arguments) {
  const auto answer = ask(arguments, {{"v", 1}, {"do", "status"}}, std::chrono::seconds{10});
  return show(arguments, answer, [&] { return render_status(answer, wall_clock(), output_style()); });
}

int run_why(const Arguments& arguments) {
  auto service = ServiceAddress::parse(arguments.to);
  if (!service) {
    fmt::print(stderr, "sallyport: \"{}\" is not HOST:PORT\n  examples: git.example.com:22, 10.20.4.10:53/udp\n",
               arguments.to);
    return static_cast<int>(ExitCode::Usage);
  }
  std::string asked;
  if (!service->address()) {
    const auto address = look_up(service->host);
    if (!address) {
      return show_failure(arguments,
                          declined("name_unresolved", address.error(), "check the spelling, or give an address"));
    }
    asked = arguments.to;
    *service = service->at(*address);
  }
  const auto answer = ask(arguments, {{"v", 1}, {"do", "why"}, {"to", service->to_string()}}, std::chrono::seconds{10});
  return show(arguments, answer, [&] { return render_why(answer, asked); });
}

int run_posture(const Arguments& arguments) {
  const auto answer = ask(arguments, {{"v", 1}, {"do", "posture"}}, std::chrono::seconds{20});
  return show(arguments, answer, [&] { return render_posture(answer, output_style()); });
}

int run_version(const Arguments& arguments) {
  const json answer{{"v", 1}, {"ok", true}, {"version", product_version()}};
  return show(arguments, answer, [] { return fmt::format("sallyport {}\n", product_version()); });
}

}  // namespace sallyport
