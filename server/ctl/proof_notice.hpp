#pragma once

#include "server/ctl/ctl.hpp"
#include "server/ctl/gateway_link.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace sallyport {

/// How a change of what a person proves themselves with was taken note of.
struct ProofNotice {
  bool is_running = false;
  std::uint64_t sessions = 0;  ///< live ones of the person, in which nothing proved before counts any more
  bool is_recorded = true;     ///< false: the audit record could not be written
  /// The gateway runs, but did not confirm; or why there is no record.
  std::optional<LinkError> error{};
};

/// Makes a running gateway drop what was proved, and record the change; without one it is recorded here. `what` is
/// "enrolled", "replaced" or "reset".
[[nodiscard]] ProofNotice tell_gateway_of_proof(const GatewayConfig& config, const std::string& user, const char* what,
                                                WallTime now);

/// The same for a secret that was given, which is recorded before that: nothing is recorded here.
[[nodiscard]] ProofNotice tell_gateway_of_noted_proof(const GatewayConfig& config, const std::string& user,
                                                      const char* what);

/// "gateway", "sessions" and "recorded".
void add_notice(nlohmann::json& document, const ProofNotice& notice);
void say_notice(Console& console, const ProofNotice& notice);

}  // namespace sallyport
