#pragma once

#include "server/config/gateway_config.hpp"
#include "server/gateway/checked_policy.hpp"
#include "server/history/policy_choice.hpp"

#include <string>
#include <string_view>

namespace sallyport {

/// What a gateway starts with, and why.
struct PolicyStart {
  CheckedPolicy policy;
  PolicyRecord record;  ///< as found: what this start adds to it is not in it yet
  PolicySource source;
  /// One line about a part of the history that cannot be used; empty when all is well.
  std::string damage{};
  bool must_set_aside = false;  ///< the record itself is damaged: a new one begins
  Diagnostics uncounted{};      ///< files in the policy directory that are no part of any policy
};

/// "the policy directory holds files that were taken out of force"; empty for Directory.
[[nodiscard]] std::string_view why_not_the_directory(PolicyChoice choice) noexcept;

/// Why a gateway does not start.
struct StartFailure {
  Diagnostics diagnostics;
  bool may_pass = false;  ///< nothing in the files is wrong: trying again may help
};

/// Reads and judges, changes nothing. A bad policy directory stops the start unless the history says that another
/// version must run. A damaged record does not; but files that the record says must not run never do, whatever became
/// of the others.
[[nodiscard]] Result<PolicyStart, StartFailure> find_starting_policy(const GatewayConfig& config);

}  // namespace sallyport
