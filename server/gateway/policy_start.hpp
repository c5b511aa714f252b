#pragma once

#include "server/config/gateway_config.hpp"
#include "server/gateway/checked_policy.hpp"
#include "server/history/policy_choice.hpp"

#include <string>

namespace sallyport {

/// What a gateway starts with, and why.
struct PolicyStart {
  CheckedPolicy policy;
  PolicyRecord record;  ///< as found: what this start adds to it is not in it yet
  PolicySource source;
  /// One line about a history that cannot be used; empty when all is well. The policy directory counts instead.
  std::string damage{};
  bool must_set_aside = false;  ///< the record itself is damaged: a new one begins
};

/// Reads and judges, changes nothing. A bad policy directory stops the start unless the history says that another
/// version must run; a damaged history never does.
[[nodiscard]] Result<PolicyStart, Diagnostics> find_starting_policy(const GatewayConfig& config);

}  // namespace sallyport
