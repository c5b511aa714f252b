#pragma once

#include "common/base/bytes.hpp"
#include "server/policy/zone_rule.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// What a compiled file of the zone database says (RFC 8536, version 2 and later).
struct ZoneFile {
  std::chrono::seconds before{};    ///< offset from UTC before the first change
  std::vector<ZoneChange> changes;  ///< ascending
  std::string rule;                 ///< ZoneRule for the time after the last change; empty: the file knows none

  /// nullopt for what is no such file, is cut short, or counts leap seconds.
  [[nodiscard]] static std::optional<ZoneFile> parse(Bytes bytes);
};

}  // namespace sallyport
