#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace sallyport {

/// Whether a device mapper's uuid is one of dm-crypt. cryptsetup marks verity and integrity with CRYPT- too: those
/// encrypt nothing.
[[nodiscard]] inline bool is_encrypting_uuid(std::string_view uuid) noexcept {
  constexpr std::array<std::string_view, 7> kEncrypting{"CRYPT-LUKS1-",  "CRYPT-LUKS2-", "CRYPT-PLAIN-",
                                                        "CRYPT-TCRYPT-", "CRYPT-BITLK-", "CRYPT-FVAULT2-",
                                                        "CRYPT-LOOPAES-"};
  return std::any_of(kEncrypting.begin(), kEncrypting.end(), [&](auto prefix) { return uuid.starts_with(prefix); });
}

}  // namespace sallyport
