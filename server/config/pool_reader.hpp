#pragma once

#include "server/config/config_reader.hpp"
#include "server/config/gateway_config.hpp"

namespace sallyport {

/// `pool`: where devices get their inside addresses from, a prefix of each family at most.
[[nodiscard]] PoolPrefixes read_pool(ConfigReader& reader);

}  // namespace sallyport
