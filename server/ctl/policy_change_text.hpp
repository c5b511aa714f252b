#pragma once

#include "server/ctl/console.hpp"
#include "server/ctl/gateway_link.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace sallyport {

/// A request that names, beside the user the kernel vouches for, the person who became that user with sudo.
[[nodiscard]] nlohmann::json change_request(const char* verb);

/// "Version 8 (4f2a)".
[[nodiscard]] std::string policy_name(const nlohmann::json& version);

/// A line about a policy that allows nothing; empty for others.
[[nodiscard]] std::string empty_text(const nlohmann::json& answer);

/// What an apply or rollback came to, whom it cut, and what to type next. Several lines, each ended.
[[nodiscard]] std::string change_text(const nlohmann::json& answer, bool colour);

/// Says why nothing changed; whom it would have cut stands before that.
CtlExit report_refused_change(Console& console, const LinkError& error);

}  // namespace sallyport
