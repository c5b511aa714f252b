#include "client/cli/ask_service.hpp"
#include "client/cli/name_lookup.hpp"
#include "client/cli/output.hpp"
#include "client/cli/service_commands.hpp"
#include "client/daemon/answer.hpp"

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
  return show_failure(arguments, declined("usage", '"' + arguments.to + "\" is not HOST:PORT", hint_for(arguments.to)));
}

}  // namespace sallyport
