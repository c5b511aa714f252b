// What people start by the name "sallyport". The commands of every day only ask the client service, and somebody waits
// for the answer: they run here, in a program that loads nothing. Everything else runs in the whole program beside this
// one.

#include "client/cli/plain_command.hpp"
#include "common/base/turns.hpp"

#include <unistd.h>

#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>

namespace {

constexpr const char* kWholeProgram = "sallyport-full";

/// Beside this program, wherever that was installed, and whatever link it was started by.
std::string whole_program() {
  char self[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", self, sizeof self);
  if (size <= 0 || static_cast<std::size_t>(size) == sizeof self) return {};
  std::string path{self, static_cast<std::size_t>(size)};
  return path.replace(path.find_last_of('/') + 1, std::string::npos, kWholeProgram);
}

int become_whole_program(char** words) {
  const auto path = whole_program();
  if (!path.empty()) ::execv(path.c_str(), words);
  (void)std::fprintf(stderr,
                     "sallyport: %s cannot be started: %s\n  it is installed beside sallyport: install both again\n",
                     path.empty() ? kWholeProgram : path.c_str(), std::strerror(errno));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  (void)std::signal(SIGPIPE, SIG_IGN);
  const auto command =
      argc < 1
          ? std::nullopt
          : sallyport::plain_command(std::span<const char* const>{argv, static_cast<std::size_t>(argc)}.subspan(1));
  if (!command) return become_whole_program(argv);
  // The service is woken by the first word, and this program still has to say the rest.
  sallyport::take_turns(sallyport::Turns::Short);
  return command->run(command->arguments);
}
