#pragma once

#include "server/ctl/console.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace sallyport {

/// One record of the audit file as a line for a person; everything in it is made printable.
[[nodiscard]] std::string audit_record_text(const nlohmann::ordered_json& record, const Console& console);

}  // namespace sallyport
