#pragma once

#include "common/base/ids.hpp"
#include "common/base/result.hpp"

#include <string>
#include <string_view>

namespace sallyport {

/// Who a new certificate is for: an administrator's choice, with the request's hint as a suggestion only.
struct EnrolmentIdentity {
  DeviceId device;
  UserId user;
};

/// `id` empty: the hint of the request if it can name a device, or a name made from the user's.
/// The error is words about the command line.
[[nodiscard]] Result<EnrolmentIdentity, std::string> choose_identity(std::string_view user, std::string_view id,
                                                                     std::string_view hint);

}  // namespace sallyport
