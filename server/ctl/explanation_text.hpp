#pragma once

#include "server/ctl/console.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace sallyport {

/// The answer of policy.explain for a terminal; the live gateway and the files give the same document.
[[nodiscard]] std::string explanation_text(const nlohmann::json& explanation, const Console& console);

}  // namespace sallyport
