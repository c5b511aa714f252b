#pragma once

#include "client/posture/posture.hpp"
#include "common/wire/posture_standing.hpp"

#include <string>

namespace sallyport {

/// One thing the person at this laptop can do so that `line` holds, for the system that `posture` names. Printable, and
/// nothing in it that a gateway could make a shell run.
[[nodiscard]] std::string mend_for(const StandingLine& line, const Posture& posture);

}  // namespace sallyport
