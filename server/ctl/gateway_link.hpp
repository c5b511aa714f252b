#pragma once

#include "common/base/result.hpp"
#include "common/ipc/client.hpp"
#include "server/config/gateway_config.hpp"
#include "server/ctl/console.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace sallyport {

/// Why the gateway did not do what it was asked.
struct LinkError {
  CtlExit code = CtlExit::Failed;  ///< NotRunning: no gateway is there; nothing happened
  std::string words;
  std::string hint;
  Diagnostics diagnostics;  ///< what is wrong with its files
  nlohmann::json answer{};  ///< the whole refusal; null when there was no clear answer
};

/// Asks the running gateway over its admin socket. Only answers with "ok" count as results.
[[nodiscard]] Result<nlohmann::json, LinkError> ask_gateway(const GatewayConfig& config, nlohmann::json request);

/// The same for a request that is answered line by line; the lines are the caller's to judge.
[[nodiscard]] Result<DaemonStream, LinkError> open_gateway_stream(const GatewayConfig& config,
                                                                  const nlohmann::json& request);

CtlExit report(Console& console, const LinkError& error);

/// Asks, and shows the answer as JSON; without --json as `render` says.
[[nodiscard]] CtlExit ask_and_show(Console& console, const GatewayConfig& config, nlohmann::json request,
                                   const std::function<void(const nlohmann::json&)>& render);

/// Members of an answer, whatever the gateway sent: "" and 0 for what is missing or of another type.
[[nodiscard]] std::string text_of(const nlohmann::json& object, const char* key);
[[nodiscard]] std::uint64_t number_of(const nlohmann::json& object, const char* key);
/// An empty object or array when it is missing.
[[nodiscard]] const nlohmann::json& member_of(const nlohmann::json& object, const char* key);

}  // namespace sallyport
