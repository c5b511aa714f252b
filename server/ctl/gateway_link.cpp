#include "server/ctl/gateway_link.hpp"

#include "common/base/text.hpp"
#include "common/ipc/client.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// A reload reads every file and waits until the last session that must end is cut.
constexpr auto kPatience = std::chrono::seconds{30};

LinkError link_error(IpcError error, const std::string& socket) {
  const std::string words{describe(error)};
  switch (error) {
    case IpcError::NotRunning:
      return {
          CtlExit::NotRunning, "no gateway is running (" + socket + ")", "run: systemctl start sallyport-gateway", {}};
    case IpcError::NotPermitted:
      return {CtlExit::NotPermitted, "the gateway does not let you: " + words, "use sudo", {}};
    case IpcError::Timeout:
    case IpcError::BadAnswer:
      break;
  }
  return {
      CtlExit::Failed, "the gateway did not answer as it should: " + words, "see: journalctl -u sallyport-gateway", {}};
}

std::uint32_t bounded_number(const Json& object, const char* key) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(number_of(object, key), UINT32_MAX));
}

Diagnostics diagnostics_of(const Json& answer) {
  Diagnostics diagnostics;
  for (const auto& each : member_of(answer, "diagnostics")) {
    diagnostics.push_back({text_of(each, "file"), bounded_number(each, "line"), bounded_number(each, "column"),
                           text_of(each, "message"), text_of(each, "hint")});
  }
  return diagnostics;
}

}  // namespace

std::string text_of(const Json& object, const char* key) {
  const auto& member = member_of(object, key);
  return member.is_string() ? member.get<std::string>() : std::string{};
}

std::uint64_t number_of(const Json& object, const char* key) {
  const auto& member = member_of(object, key);
  return member.is_number_unsigned() ? member.get<std::uint64_t>() : 0;
}

const Json& member_of(const Json& object, const char* key) {
  static const Json kNothing;
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() ? kNothing : *found;
}

Result<Json, LinkError> ask_gateway(const GatewayConfig& config, Json request) {
  request["v"] = 1;
  auto answer = ask_daemon(config.control_socket(), request, kPatience);
  if (!answer) return fail(link_error(answer.error(), config.control_socket()));
  if (member_of(*answer, "ok") == true) return std::move(*answer);
  const auto words = text_of(*answer, "error");
  LinkError refusal{CtlExit::Failed, words.empty() ? "the gateway refused" : words, text_of(*answer, "hint"),
                    diagnostics_of(*answer)};
  refusal.answer = std::move(*answer);
  return fail(std::move(refusal));
}

Result<DaemonStream, LinkError> open_gateway_stream(const GatewayConfig& config, const Json& request) {
  auto stream = DaemonStream::open(config.control_socket(), request, kPatience);
  if (!stream) return fail(link_error(stream.error(), config.control_socket()));
  return std::move(*stream);
}

CtlExit report(Console& console, const LinkError& error) {
  if (error.diagnostics.empty()) return console.fail(error.code, error.words, error.hint);
  return console.fail(error.code, error.words, error.diagnostics);
}

CtlExit ask_and_show(Console& console, const GatewayConfig& config, Json request,
                     const std::function<void(const Json&)>& render) {
  const auto answer = ask_gateway(config, std::move(request));
  if (!answer) return report(console, answer.error());
  if (!console.json()) render(*answer);
  console.document(*answer);
  return CtlExit::Ok;
}

}  // namespace sallyport
