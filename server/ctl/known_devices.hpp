#pragma once

#include "server/policy/analysis/policy_diff.hpp"

#include <string>

namespace sallyport {

/// The active devices of each person; empty without a gateway's records.
[[nodiscard]] DevicesOfPeople known_devices(const std::string& config_path);

}  // namespace sallyport
