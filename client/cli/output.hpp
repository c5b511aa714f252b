#pragma once

#include "client/cli/arguments.hpp"
#include "client/cli/render.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <string>

namespace sallyport {

[[nodiscard]] WallTime wall_clock();

/// What standard output can show.
[[nodiscard]] Style output_style();

/// Prints an answer and gives the exit code it stands for. Data goes to standard output, what went wrong to standard
/// error; with --json the whole answer goes to standard output, whatever it says.
[[nodiscard]] int show(const Arguments& arguments, const nlohmann::json& answer,
                       const std::function<std::string()>& render);
/// The same for an answer that says what went wrong.
[[nodiscard]] int show_failure(const Arguments& arguments, const nlohmann::json& answer);

/// `code`, once all that was printed is out; Failed, with words, when it cannot be written. A reader who has read
/// enough is no failure.
[[nodiscard]] int written(int code);

}  // namespace sallyport
