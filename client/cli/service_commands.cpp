#include "client/cli/service_commands.hpp"

#include "client/cli/ask_service.hpp"
#include "client/cli/output.hpp"
#include "client/daemon/answer.hpp"
#include "common/base/version.hpp"

#include <fmt/format.h>

namespace sallyport {

using nlohmann::json;

namespace {

/// People name a place as they see it.
std::string hint_for(const std::string& to) {
  if (to.find_first_of(":/ ") == std::string::npos)
    return "which service of it? " + to + ":443 is HTTPS, " + to + ":22 is SSH, " + to + "/icmp is ping";
  return "examples: git.example.com:22, https://wiki.example.com/, 10.20.4.10:53/udp, '[fd00::1]:443'";
}

}  // namespace

int run_up(const Arguments& arguments) {
  json request{{"v", 1}, {"do", "up"}};
  if (!arguments.profile.empty()) request["profile"] = arguments.profile;
  const auto answer = ask_service(arguments, request, std::chrono::seconds{20});
  return show(arguments, answer, [&] { return render_status(answer, wall_clock(), output_style()); });
}

int run_down(const Arguments& arguments) {
  const auto answer = ask_service(arguments, {{"v", 1}, {"do", "down"}}, std::chrono::seconds{20});
  return show(arguments, answer, [&] { return render_down(answer); });
}

int run_status(const Arguments& arguments) {
  const auto answer = ask_service(arguments, {{"v", 1}, {"do", "status"}}, std::chrono::seconds{10});
  return show(arguments, answer, [&] { return render_status(answer, wall_clock(), output_style()); });
}

int run_why(const Arguments& arguments) {
  const auto question = ask_why(arguments, arguments.to);
  if (question) return show(arguments, question->answer, [&] { return render_why(question->answer, question->asked); });
  if (!question.error().is_null()) return show_failure(arguments, question.error());
  return show_failure(arguments, declined("usage", '"' + arguments.to + "\" is not HOST:PORT", hint_for(arguments.to)));
}

int run_posture(const Arguments& arguments) {
  const auto answer = ask_service(arguments, {{"v", 1}, {"do", "posture"}}, std::chrono::seconds{20});
  return show(arguments, answer, [&] { return render_posture(answer, output_style()); });
}

int run_version(const Arguments& arguments) {
  const json answer{{"v", 1}, {"ok", true}, {"version", product_version()}};
  return show(arguments, answer, [] { return fmt::format("sallyport {}\n", product_version()); });
}

}  // namespace sallyport
