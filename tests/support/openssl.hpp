#pragma once

#include <optional>
#include <string>
#include <vector>

namespace sallyport {

/// What one run of the openssl program said. Tests only: the product never runs it.
struct OpensslOutcome {
  int exit_code = -1;
  std::string output;  ///< standard output and errors
};

/// Nullopt when openssl is not installed.
[[nodiscard]] std::optional<OpensslOutcome> run_openssl(std::vector<std::string> arguments,
                                                        const std::string& input = {});

}  // namespace sallyport
