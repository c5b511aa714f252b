#pragma once

#include "client/cli/arguments.hpp"

namespace sallyport {

/// Commands that ask the client service; each gives the process's exit code.
[[nodiscard]] int run_up(const Arguments& arguments);
[[nodiscard]] int run_down(const Arguments& arguments);
[[nodiscard]] int run_status(const Arguments& arguments);
[[nodiscard]] int run_login(const Arguments& arguments);
[[nodiscard]] int run_why(const Arguments& arguments);
/// The same of an address. Requires that arguments.to is one.
[[nodiscard]] int run_why_at(const Arguments& arguments);
[[nodiscard]] int run_unlock(const Arguments& arguments);
[[nodiscard]] int run_posture(const Arguments& arguments);
[[nodiscard]] int run_version(const Arguments& arguments);

}  // namespace sallyport
