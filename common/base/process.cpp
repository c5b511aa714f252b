#include "common/base/process.hpp"

#include "common/base/file_descriptor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sallyport {
namespace {

constexpr std::array<std::string_view, 4> kProgramDirectories{"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"};

struct Pipe {
  FileDescriptor reader;
  FileDescriptor writer;
};

Result<Pipe, SystemError> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(system_error("cannot make a pipe"));
  Pipe pipe{FileDescriptor{ends[0]}, FileDescriptor{ends[1]}};
  ::fcntl(pipe.reader.get(), F_SETFL, O_NONBLOCK);
  return pipe;
}

/// The input as a file in memory: nothing to feed while the program runs, and /dev/stdin can be opened by its name.
Result<FileDescriptor, SystemError> make_input(std::string_view input) {
  FileDescriptor file{::memfd_create("input", MFD_CLOEXEC)};
  if (!file) return fail(system_error("cannot prepare a program's input"));
  while (!input.empty()) {
    const ssize_t n = ::write(file.get(), input.data(), input.size());
    if (n < 0) return fail(system_error("cannot prepare a program's input"));
    input.remove_prefix(static_cast<std::size_t>(n));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

struct Child {
  pid_t pid;
  FileDescriptor handle;  ///< readable when the child has ended
};

class SpawnSetup {
 public:
  SpawnSetup(int input, int output, int errors) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  Result<Child, SystemError> start(const std::string& program, std::vector<std::string> argv) const {
    std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    std::string locale = "LC_ALL=C";
    std::array<char*, 3> environment{path.data(), locale.data(), nullptr};
    std::vector<char*> arguments;
    for (auto& argument : argv) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    pid_t pid = -1;
    const int status =
        ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, arguments.data(), environment.data());
    if (status != 0) return fail(system_error("cannot start " + program, status));
    // glibc 2.36 declares pidfd_open without C linkage, so C++ cannot link it.
    return Child{pid, FileDescriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))}};
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// Takes what waits in a pipe; false at its end.
bool drain(int fd, std::string& kept, std::size_t limit) {
  std::array<char, 16384> chunk{};
  while (true) {
    const ssize_t n = ::read(fd, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 && errno == EAGAIN;
    kept.append(chunk.data(), std::min(static_cast<std::size_t>(n), limit - kept.size()));
  }
}

int wait_for_exit(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Collects output until the child ends; false when the deadline came first.
bool collect(const Child& child, int output, int errors, const ProcessRequest& request, ProcessOutcome& outcome) {
  const auto deadline = std::chrono::steady_clock::now() + request.deadline;
  std::array<pollfd, 3> watched{pollfd{child.handle.get(), POLLIN, 0}, pollfd{output, POLLIN, 0},
                                pollfd{errors, POLLIN, 0}};
  while (watched[0].revents == 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    if (::poll(watched.data(), watched.size(), static_cast<int>(std::min<std::int64_t>(left.count(), 60'000))) < 0) {
      if (errno != EINTR) return false;
      continue;
    }
    if (watched[1].revents != 0 && !drain(output, outcome.output, request.output_limit)) watched[1].fd = -1;
    if (watched[2].revents != 0 && !drain(errors, outcome.errors, request.output_limit)) watched[2].fd = -1;
  }
  drain(output, outcome.output, request.output_limit);
  drain(errors, outcome.errors, request.output_limit);
  return true;
}

}  // namespace

std::optional<std::string> find_program(std::string_view name) {
  if (name.find('/') != std::string_view::npos) return std::string{name};
  for (const auto directory : kProgramDirectories) {
    auto path = std::string{directory} + std::string{name};
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

Result<ProcessOutcome, SystemError> run_process(const ProcessRequest& request) {
  if (request.argv.empty()) return fail(SystemError{EINVAL, "no program was named"});
  const auto program = find_program(request.argv.front());
  if (!program) return fail(SystemError{ENOENT, request.argv.front() + " is not installed"});
  auto input = make_input(request.input);
  if (!input) return fail(input.error());
  auto output = make_pipe();
  if (!output) return fail(output.error());
  auto errors = make_pipe();
  if (!errors) return fail(errors.error());

  const SpawnSetup setup{input->get(), output->writer.get(), errors->writer.get()};
  const auto child = setup.start(*program, request.argv);
  if (!child) return fail(child.error());
  output->writer.reset();
  errors->writer.reset();

  ProcessOutcome outcome;
  const bool ended = collect(*child, output->reader.get(), errors->reader.get(), request, outcome);
  if (!ended) ::kill(-child->pid, SIGKILL);
  outcome.exit_code = wait_for_exit(child->pid);
  if (!ended) return fail(SystemError{ETIMEDOUT, *program + " did not end in time and was killed"});
  return outcome;
}

}  // namespace sallyport
