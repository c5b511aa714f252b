#pragma once

#include "common/base/time.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace sallyport {

/// How a terminal wants its text.
struct Style {
  bool colour = false;
  bool utf8 = false;
};

/// Answers of the service as a person reads them. Every text in an answer is made printable first.
[[nodiscard]] std::string render_status(const nlohmann::json& answer, WallTime now, Style style);
[[nodiscard]] std::string render_down(const nlohmann::json& answer);
/// `asked`: what the person typed, when that was a name.
[[nodiscard]] std::string render_why(const nlohmann::json& answer, const std::string& asked);
[[nodiscard]] std::string render_login(const nlohmann::json& answer, WallTime now);
/// What this laptop reports of itself, which checks it passes and how to mend the others.
[[nodiscard]] std::string render_posture(const nlohmann::json& answer, Style style);
/// For standard error: what happened, and what to do.
[[nodiscard]] std::string render_error(const nlohmann::json& answer);

/// "2 h 4 min", "12 s".
[[nodiscard]] std::string render_duration(std::chrono::seconds duration);

}  // namespace sallyport
