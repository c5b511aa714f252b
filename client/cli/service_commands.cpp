#include "client/cli/service_commands.hpp"

#include "client/cli/ask_service.hpp"
#include "client/cli/output.hpp"
#include "common/base/version.hpp"

#include <fmt/format.h>

namespace sallyport {

using nlohmann::json;

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

int run_why_at(const Arguments& arguments) {
  const auto answer = ask_why_at(arguments, *ServiceAddress::parse(arguments.to));
  return show(arguments, answer, [&] { return render_why(answer, {}); });
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
