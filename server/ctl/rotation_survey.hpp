#pragma once

#include "server/authority/readiness.hpp"
#include "server/authority/rotation.hpp"
#include "server/config/gateway_config.hpp"
#include "server/ctl/console.hpp"
#include "server/store/store.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// How one device stands while the authority is replaced.
struct DeviceStanding {
  DeviceRecord record;
  Readiness readiness = Readiness::HasNotTheAuthority;
  bool has_next = false;
  bool has_retired = false;
  bool has_certificate = false;  ///< its newest certificate is of the next authority
  std::string problem;           ///< why it did not take it, by its own word
  std::optional<WallTime> last_seen;
};

/// How all of them stand. Devices that are not active or whose certificate has ended are not counted.
struct RotationSurvey {
  std::vector<DeviceStanding> devices;  ///< by name
  std::size_t counted = 0;
  std::size_t with_next = 0;
  std::size_t with_certificate = 0;
  std::size_t stranded = 0;      ///< would be locked out by retiring the authority of before now
  std::size_t with_retired = 0;  ///< still trust one that was retired
};

[[nodiscard]] Result<RotationSurvey, StoreError> survey_rotation(const GatewayConfig& config, Store& store,
                                                                 const Rotation& rotation, WallTime now);

/// Those that would be locked out: name, person, last connected, what they lack.
[[nodiscard]] TextTable table_of_missing(const RotationSurvey& survey, WallTime now);
[[nodiscard]] nlohmann::json documents_of_missing(const RotationSurvey& survey);

}  // namespace sallyport
