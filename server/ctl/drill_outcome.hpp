#pragma once

#include "server/ctl/drill_traffic.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace sallyport {

/// What a drill showed.
struct DrillOutcome {
  DrillFigures figures;
  TimePoint asked{};          ///< the command began
  TimePoint returned{};       ///< and ended
  std::string refused_again;  ///< how the gateway refused a second connection; empty: it did not
};

/// Milliseconds after `asked`; 0 for what was before, or never.
[[nodiscard]] double since(TimePoint asked, const std::optional<TimePoint>& then);

/// The session was closed and the last packet arrived within the bar, and nobody got in again.
[[nodiscard]] bool is_passed(const DrillOutcome& outcome, std::chrono::milliseconds bar);

}  // namespace sallyport
