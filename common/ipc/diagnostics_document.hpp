#pragma once

#include "common/base/diagnostic.hpp"

#include <nlohmann/json_fwd.hpp>

namespace sallyport {

/// As a list of {"file", "line", "column", "message", "hint"}: the form in every JSON answer.
[[nodiscard]] nlohmann::json diagnostics_document(const Diagnostics& diagnostics);

}  // namespace sallyport
