#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// What waits for a code, as the service knows it.
struct WaitingPlaces {
  std::vector<std::string> names;
  std::uint64_t left_off = 0;  ///< more that the gateway did not name
};
/// Of an answer to "status".
[[nodiscard]] WaitingPlaces waiting_in(const nlohmann::json& status);

enum class NameNeed {
  Ask,       ///< it waits for a code, or may be one that was not named, or is to be proved again
  Misspelt,  ///< another name that waits is meant, likely
  NotWaiting,
};
[[nodiscard]] NameNeed need_of(const WaitingPlaces& waiting, const std::string& name, bool renew);
/// The name that was meant, likely.
[[nodiscard]] std::optional<std::string> likely_place(const WaitingPlaces& waiting, const std::string& name);

}  // namespace sallyport
