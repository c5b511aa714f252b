#pragma once

#include "common/ip/address.hpp"

#include <optional>

namespace sallyport {

/// The address fields of a packet nothing else of which has been checked: for finding who has to judge it.
/// Nullopt when the fixed header is incomplete or of another version.
[[nodiscard]] std::optional<IpAddress> source_field(Bytes packet) noexcept;
[[nodiscard]] std::optional<IpAddress> destination_field(Bytes packet) noexcept;

}  // namespace sallyport
