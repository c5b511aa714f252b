#pragma once

#include "server/config/gateway_config.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace sallyport {

/// A place where a foreign authority's revocation lists are.
struct ListSource {
  std::string authority;
  std::string place;  ///< an absolute path, or a URL
  std::chrono::seconds interval{};
  std::chrono::seconds timeout{};
  std::size_t max_size = 0;  ///< octets
  std::string ca_file{};     ///< empty: the system's
  std::string proxy{};       ///< empty: none

  [[nodiscard]] bool is_web() const { return is_url(place); }

  friend bool operator==(const ListSource&, const ListSource&) = default;
};

/// In the order of the configuration.
[[nodiscard]] std::vector<ListSource> sources_of(const std::vector<AuthoritySettings>& authorities);

}  // namespace sallyport
