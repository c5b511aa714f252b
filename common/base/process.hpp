#pragma once

#include "common/base/result.hpp"
#include "common/base/system_error.hpp"
#include "common/base/time.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// One run of another program. No shell: every element of `argv` reaches the program as it is.
struct ProcessRequest {
  std::vector<std::string> argv{};              ///< argv[0]: a path, or a name that find_program() knows
  std::string input{};                          ///< what the program reads on standard input
  Duration deadline = std::chrono::seconds{5};  ///< then the program is killed
  std::size_t output_limit = 64U << 10U;  ///< octets kept of each of output and errors; the rest is read and dropped
};

struct ProcessOutcome {
  int exit_code = 0;  ///< 128 + signal number when a signal ended it
  std::string output;
  std::string errors;
};

/// Where the system keeps `name`: /usr/sbin, /usr/bin, /sbin, /bin in this order. PATH is not consulted.
[[nodiscard]] std::optional<std::string> find_program(std::string_view name);

/// Runs a program and waits for it: for start-up and shutdown, never on a loop that carries packets.
/// The program sees LC_ALL=C, a fixed PATH and no descriptor of ours. A non-zero exit code is an outcome, not an error.
[[nodiscard]] Result<ProcessOutcome, SystemError> run_process(const ProcessRequest& request);

}  // namespace sallyport
