#pragma once

#include "client/config/client_config.hpp"
#include "client/enrolment/device_files.hpp"
#include "client/enrolment/est_exchange.hpp"

#include <functional>
#include <memory>
#include <string>

namespace sallyport {

/// How to enrol with a gateway over the network.
struct OnlineEnrolment {
  GatewayEndpoint place;    ///< its door for enrolment
  std::string server_name;  ///< what its certificate must say
  std::string token;
  std::string ca_path;  ///< the authority it must be of: a file, ...
  std::string pin;      ///< ... or the SHA-256 of the authority's certificate in hexadecimal
};

/// The key of this device that the certificate is to be for.
using KeyMaker = std::function<Result<DeviceKey, EstFailure>()>;

/// Makes a key on this device, or on its `token`, trades the token for a certificate of it, and puts both and the
/// authority in place. The gateway is proved before the token is sent; nothing is written before everything has come
/// and was checked.
[[nodiscard]] Result<PeerIdentity, EstFailure> enrol_online(const OnlineEnrolment& enrolment, const DeviceFiles& files,
                                                            const KeyMaker& make_key,
                                                            const std::shared_ptr<Token>& token, WallTime now);

}  // namespace sallyport
