#pragma once

#include <string_view>

namespace sallyport {

/// A name that DNS and certificates agree on: lower-case letters, digits and inner hyphens in labels of at most 63
/// (RFC 1123 2.1), at most 253 in all, not the form of an IPv4 address.
[[nodiscard]] bool is_host_name(std::string_view text) noexcept;

}  // namespace sallyport
