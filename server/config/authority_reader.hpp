#pragma once

#include "server/config/authority_settings.hpp"
#include "server/config/config_reader.hpp"

#include <vector>

namespace sallyport {

/// Every [[authority]], or the one [authority].
[[nodiscard]] std::vector<AuthoritySettings> read_authorities(ConfigReader& reader);

}  // namespace sallyport
