#pragma once

#include "server/authority/rotation.hpp"
#include "server/ctl/console.hpp"
#include "server/ctl/rotation_survey.hpp"

#include <nlohmann/json_fwd.hpp>

namespace sallyport {

/// How far a change of authorities is: phase, both authorities, how many devices have what, and the command to run
/// next.
[[nodiscard]] nlohmann::json rotation_document(const GatewayConfig& config, const Rotation& rotation,
                                               const RotationSurvey& survey);
/// The same for a person; `document` is of rotation_document().
void say_rotation(Console& console, const nlohmann::json& document, const Rotation& rotation,
                  const RotationSurvey& survey, WallTime now);

}  // namespace sallyport
