#pragma once

#include "common/log/audit.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>

namespace sallyport {

/// A record as sallyportctl asks the gateway to write it: event, and those of user, device, serial, reason and
/// reference that it has.
[[nodiscard]] nlohmann::json note_of(const AuditRecord& record);
/// Nullopt when the event is none of sallyportctl's, or a member is no string.
[[nodiscard]] std::optional<AuditRecord> noted_record(const nlohmann::json& note);

}  // namespace sallyport
