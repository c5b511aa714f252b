#pragma once

#include "client/config/client_config.hpp"
#include "client/daemon/tunnel_status.hpp"
#include "client/enrolment/device_files.hpp"
#include "common/base/time.hpp"
#include "common/tls/context.hpp"

#include <string>

namespace sallyport {

/// What a profile's files say this laptop is, ready for TLS.
struct ClientIdentity {
  ClientContext context;
  std::string device;
  std::string user;
  std::string serial;  ///< of the certificate, lower-case hex
  WallTime not_before;
  WallTime expires;
  bool is_expired;  ///< it is good for asking for the next one at most
};

[[nodiscard]] DeviceFiles files_of(const Profile& profile);
/// What stands in Host: the port only where it is not the scheme's.
[[nodiscard]] std::string authority_of(const Profile& profile);

/// Reads CA, certificate and key anew, so that renewed ones count from the next connection on. Refuses a CA file that
/// others could have written and a key that others can read. A key on a token is not asked for: it shows itself when it
/// signs.
[[nodiscard]] Result<ClientIdentity, TunnelFailure> load_identity(const Profile& profile, Tokens& tokens, WallTime now);

}  // namespace sallyport
