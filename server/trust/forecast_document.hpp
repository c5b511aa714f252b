#pragma once

#include "server/trust/forecast.hpp"

#include <nlohmann/json_fwd.hpp>

namespace sallyport {

/// One ending for a script; at most `most` names of devices and people, but always their numbers.
[[nodiscard]] nlohmann::json ending_document(const Ending& ending, WallTime now, std::size_t most);

}  // namespace sallyport
