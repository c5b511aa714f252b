#pragma once

#include "client/enrolment/device_files.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"

#include <string>

namespace sallyport {

/// Makes the device's key, which never leaves it, and a request for a certificate in `out`. Overwrites neither.
/// The error is for the person.
[[nodiscard]] Result<void, std::string> request_certificate(const std::string& device, const std::string& key_path,
                                                            const std::string& out);

struct InstalledDevice {
  std::string device;
  std::string user;
  WallTime expires;
};

/// Puts a certificate and its CA in place, after proving that the certificate is for the key in `files`, issued by that
/// CA, and good at `now`. Changes nothing otherwise.
[[nodiscard]] Result<InstalledDevice, std::string> install_certificate(const std::string& certificate_path,
                                                                       const std::string& ca_path,
                                                                       const DeviceFiles& files, WallTime now);

}  // namespace sallyport
