#include "tests/support/openssl.hpp"

#include "common/base/process.hpp"

namespace sallyport {

std::optional<OpensslOutcome> run_openssl(std::vector<std::string> arguments, const std::string& input) {
  const auto program = find_program("openssl");
  if (!program) return std::nullopt;
  ProcessRequest request;
  request.argv = std::move(arguments);
  request.argv.insert(request.argv.begin(), *program);
  request.input = input;
  request.deadline = std::chrono::seconds{20};
  const auto outcome = run_process(request);
  if (!outcome) return OpensslOutcome{-1, outcome.error().message};
  return OpensslOutcome{outcome->exit_code, outcome->output + outcome->errors};
}

}  // namespace sallyport
