#include "client/cli/ask_service.hpp"

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

json ask_why_at(const Arguments& arguments, const ServiceAddress& service) {
  return ask_service(arguments, {{"v", 1}, {"do", "why"}, {"to", service.to_string()}}, std::chrono::seconds{10});
}

}  // namespace sallyport
