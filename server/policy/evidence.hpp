#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "common/ip/address.hpp"

namespace sallyport {

/// What the gateway knows about a session. What is empty or unspecified is unknown:
/// an allow rule that asks for it does not match, a deny rule that asks for it does.
struct Evidence {
  UserId user;
  DeviceId device;
  IpAddress source;  ///< outer address of the laptop; 0.0.0.0 and :: are unknown
  WallTime certificate_expires = kNever;
};

}  // namespace sallyport
