#pragma once

#include "common/base/result.hpp"
#include "common/ip/address.hpp"

#include <string>
#include <vector>

namespace sallyport {

/// Every address of `host` in the system's order, at least one; or why there is none.
[[nodiscard]] Result<std::vector<IpAddress>, std::string> look_up_all(const std::string& host);

/// The first address of `host` in the system's order; or why there is none.
[[nodiscard]] Result<IpAddress, std::string> look_up(const std::string& host);

}  // namespace sallyport
