#pragma once

#include "client/cli/arguments.hpp"

namespace sallyport {

/// Commands that work on the files of this device; each gives the process's exit code.
[[nodiscard]] int run_enrol_online(const Arguments& arguments);
[[nodiscard]] int run_enrol_request(const Arguments& arguments);
[[nodiscard]] int run_enrol_install(const Arguments& arguments);

}  // namespace sallyport
