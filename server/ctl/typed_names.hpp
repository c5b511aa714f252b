#pragma once

#include "common/base/text.hpp"

#include <string>
#include <string_view>

namespace sallyport {

/// What to say of a name on the command line that is_user_id() refuses.
[[nodiscard]] inline std::string words_for_no_user(std::string_view typed) {
  return '"' + escape_untrusted(typed) + "\" is not an e-mail address";
}
/// What to say of one that is_device_id() refuses.
[[nodiscard]] inline std::string words_for_no_device(std::string_view typed) {
  return '"' + escape_untrusted(typed) + "\" cannot name a device: 1 to 63 of a-z, 0-9 and '-'";
}

}  // namespace sallyport
