#pragma once

#include "common/base/result.hpp"
#include "common/ip/address.hpp"

#include <string>

namespace sallyport {

/// The first address of `host` in the system's order; or why there is none.
[[nodiscard]] Result<IpAddress, std::string> look_up(const std::string& host);

}  // namespace sallyport
