#pragma once

#include "server/policy/time_zone.hpp"

#include <string>
#include <string_view>

namespace sallyport {

/// The shape of an IANA name ("Europe/Madrid", "Etc/GMT+1"): no other file of the database has it, nor one outside.
[[nodiscard]] bool is_zone_name(std::string_view name) noexcept;

/// Where the system keeps a zone. Requires is_zone_name().
[[nodiscard]] std::string zone_path(std::string_view name);

/// Says that there is no such zone, and which one was probably meant: looks through the database.
[[nodiscard]] TimeZoneError unknown_zone(std::string_view name);

}  // namespace sallyport
