#pragma once

#include "server/ctl/console.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/policy/loader.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace sallyport {

/// What the running gateway says these policy files would do to its live sessions: {"hash", "rules", "empty",
/// "impact"}. They are handed over as a copy and put in force nowhere.
[[nodiscard]] Result<nlohmann::json, LinkError> ask_impact(const GatewayConfig& config, std::vector<PolicyFile> files);

enum class Tense : std::uint8_t { Does, Would };

/// "2 of 14 live sessions lose access, 3 open flows are cut:" and a table of them; one line when there are none.
[[nodiscard]] std::string impact_text(const nlohmann::json& impact, Tense tense, bool colour);

}  // namespace sallyport
