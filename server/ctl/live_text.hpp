#pragma once

#include "common/base/time.hpp"
#include "server/ctl/console.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace sallyport {

/// "[allow.web] at policy.d/web.toml:8" of {"kind", "name", "file", "line"}; empty when it is null.
[[nodiscard]] std::string rule_text(const nlohmann::json& rule);

/// One decision as it happens, in one line with its end. `decision` is what a gateway streams.
[[nodiscard]] std::string decision_text(const nlohmann::json& decision, const Console& console);

}  // namespace sallyport
