#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

namespace sallyport {

/// A refusal of the operating system in words: what was tried, on what, why not, what to do.
struct SystemError {
  int code = 0;  ///< an errno value; 0 when the refusal is our own
  std::string message;
};

[[nodiscard]] inline const std::string& to_string(const SystemError& error) noexcept { return error.message; }

/// "WHAT: the words for `code`".
[[nodiscard]] inline SystemError system_error(std::string_view what, int code = errno) {
  return SystemError{code, std::string{what} + ": " + std::strerror(code)};
}

}  // namespace sallyport
