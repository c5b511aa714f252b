#include "common/base/private_memory.hpp"
#include "server/ctl/ctl.hpp"

#include <unistd.h>

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  // Keys of authorities and secrets of people pass through it.
  sallyport::keep_memory_private();
  const std::vector<std::string> arguments{argv + (argc > 0 ? 1 : 0), argv + argc};
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
  const auto code = sallyport::run_ctl(arguments, std::cout, std::cerr, is_terminal, now);
  std::cout.flush();
  if (!std::cout && code == sallyport::CtlExit::Ok) {
    std::cerr << "sallyportctl: standard output cannot be written\n";
    return static_cast<int>(sallyport::CtlExit::Failed);
  }
  return static_cast<int>(code);
}
