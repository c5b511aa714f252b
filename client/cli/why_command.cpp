#include "client/cli/ask_service.hpp"
#include "client/cli/exit_code.hpp"
#include "client/cli/name_lookup.hpp"
#include "client/cli/output.hpp"
#include "client/cli/service_commands.hpp"
#include "client/daemon/answer.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace sallyport {

using nlohmann::json;

Result<WhyQuestion, json> ask_why(const Arguments& arguments, const std::string& to) {
  auto service = ServiceAddress::parse(to);
  if (!service) return fail(json{});
  WhyQuestion question;
  if (!service->address()) {
    const auto address = look_up(service->host);
    if (!address) return fail(declined("name_unresolved", address.error(), "check the spelling, or give an address"));
    question.asked = to;
    *service = service->at(*address);
  }
  question.answer = ask_why_at(arguments, *service);
  return question;
}

int run_why(const Arguments& arguments) {
  const auto question = ask_why(arguments, arguments.to);
  if (question) return show(arguments, question->answer, [&] { return render_why(question->answer, question->asked); });
  if (!question.error().is_null()) return show_failure(arguments, question.error());
  fmt::print(stderr, "sallyport: \"{}\" is not HOST:PORT\n  examples: git.example.com:22, 10.20.4.10:53/udp\n",
             arguments.to);
  return static_cast<int>(ExitCode::Usage);
}

}  // namespace sallyport
