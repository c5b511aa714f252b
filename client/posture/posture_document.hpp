#pragma once

#include "client/posture/posture.hpp"
#include "common/wire/posture_standing.hpp"

#include <nlohmann/json_fwd.hpp>

namespace sallyport {

/// All that is reported, in order: [{"key","value","source"}], value null where it is unknown and therefore not sent.
[[nodiscard]] nlohmann::json reported_document(const Posture& posture);

/// The checks as the gateway judged them: [{"name","state","needed","lines":[{"key","required","actual","state",
/// "mend"}]}]; mend only where a line does not hold.
[[nodiscard]] nlohmann::json checks_document(const PostureStanding& standing, const Posture& posture);

/// Some check that access depends on does not hold, or may not: it was left off.
[[nodiscard]] bool is_failing(const PostureStanding& standing) noexcept;

}  // namespace sallyport
