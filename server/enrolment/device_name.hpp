#pragma once

#include "common/base/ids.hpp"
#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"

#include <string>

namespace sallyport {

/// "Ana.Diaz@example.com" -> "ana-diaz": a device id made from the part of an address before the @.
[[nodiscard]] std::string device_name_from(const UserId& user);

/// The same with random digits behind it: "ana-diaz-402817".
[[nodiscard]] Result<DeviceId, PkiError> random_device_name(const UserId& user);

}  // namespace sallyport
