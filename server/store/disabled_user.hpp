#pragma once

#include "common/base/time.hpp"

#include <cstddef>
#include <string>

namespace sallyport {

/// The longest reason that is kept, in octets.
inline constexpr std::size_t kMaxDisableReason = 200;

/// Since when a person is disabled, and why, in the administrator's words.
struct DisabledUser {
  WallTime at{};
  std::string reason;  ///< may be empty

  friend bool operator==(const DisabledUser&, const DisabledUser&) = default;
};

}  // namespace sallyport
