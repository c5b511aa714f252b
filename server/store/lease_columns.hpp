#pragma once

#include "common/ip/address.hpp"
#include "server/store/database.hpp"

#include <optional>
#include <string>

namespace sallyport {

/// The column of the table `leases` that has the addresses of one family: "v4" or "v6".
[[nodiscard]] inline std::string column_of(const IpPrefix& prefix) { return prefix.network().is_v4() ? "v4" : "v6"; }

[[nodiscard]] inline std::optional<IpAddress> read_address(const Statement& row, int column) {
  const auto octets = row.blob(column);
  if (octets.size() != 4 && octets.size() != 16) return std::nullopt;
  return IpAddress::from_octets(octets);
}

}  // namespace sallyport
