#pragma once

#include "common/base/result.hpp"
#include "server/policy/destination.hpp"
#include "server/policy/policy.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

struct TargetError {
  std::string message;
  std::string hint;
};

/// What an administrator may write for a destination: what Destination::parse reads, or RESOURCE:PORT[/PROTOCOL] and
/// RESOURCE/icmp, which stand for the first and the last address of every prefix of the resource. Never empty.
[[nodiscard]] Result<std::vector<Destination>, TargetError> expand_target(const Policy& policy, std::string_view text);

}  // namespace sallyport
