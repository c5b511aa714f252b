#include "client/cli/ask_service.hpp"

#include "client/cli/name_lookup.hpp"
#include "client/daemon/answer.hpp"
#include "common/ipc/client.hpp"

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

}  // namespace

json ask_service(const Arguments& arguments, const json& request, Duration patience) {
  const auto answer = ask_daemon(arguments.socket, request, patience);
  return answer ? *answer : unreachable(answer.error(), arguments.socket);
}

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
  question.answer =
      ask_service(arguments, {{"v", 1}, {"do", "why"}, {"to", service->to_string()}}, std::chrono::seconds{10});
  return question;
}

}  // namespace sallyport
