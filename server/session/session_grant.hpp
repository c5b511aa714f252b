#pragma once

#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "common/ip/address.hpp"
#include "server/flow/inside_addresses.hpp"

#include <string>

namespace sallyport {

/// What admission found out about one verified connection. Immutable for the life of the session.
struct SessionGrant {
  SessionId id{};
  DeviceId device;
  UserId user;
  std::string serial;  ///< of the device certificate, lower-case hex
  WallTime certificate_expires{};
  IpAddress source;  ///< outer address of the laptop
  InsideAddresses addresses;
};

}  // namespace sallyport
