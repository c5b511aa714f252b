#pragma once

#include "client/config/client_config.hpp"
#include "client/daemon/tunnel_status.hpp"
#include "common/base/time.hpp"
#include "common/tls/context.hpp"

#include <string>

namespace sallyport {

/// What a profile's files say this laptop is, ready for TLS.
struct ClientIdentity {
  ClientContext context;
  std::string device;
  std::string user;
  WallTime expires;
};

/// Reads CA, certificate and key anew, so that renewed ones count from the next connection on. Refuses a CA file that
/// others could have written, a key that others can read, and an expired certificate.
[[nodiscard]] Result<ClientIdentity, TunnelFailure> load_identity(const Profile& profile, WallTime now);

}  // namespace sallyport
