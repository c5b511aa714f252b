#pragma once

#include "common/base/ids.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// 1 to 63 of [a-z0-9-].
[[nodiscard]] bool is_device_id(std::string_view text) noexcept;
/// A lower-case host name: dot-separated labels of [a-z0-9-] that neither start nor end with '-', at most 253
/// characters.
[[nodiscard]] bool is_host_name(std::string_view text) noexcept;
/// The same form, as SPIFFE wants it.
[[nodiscard]] inline bool is_trust_domain(std::string_view text) noexcept { return is_host_name(text); }
/// An e-mail address as we accept it: lower case, RFC 5322 dot-atom, one @, at most 254 characters.
[[nodiscard]] bool is_user_id(std::string_view text) noexcept;

/// spiffe://<trust-domain>/device/<id>
struct DeviceUri {
  std::string trust_domain;
  DeviceId device;

  [[nodiscard]] static std::optional<DeviceUri> parse(std::string_view uri);
  [[nodiscard]] std::string to_string() const;
};

}  // namespace sallyport
