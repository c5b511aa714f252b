#include "tests/system/support/lab.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

namespace sallyport::lab {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<char*> arguments_of(const Words& argv) {
  std::vector<char*> pointers;
  for (const auto& word : argv) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// Never returns. A group of its own, so that a deadline ends the whole pipeline of wrappers.
[[noreturn]] void become(std::vector<char*>& argv, int out, int err) {
  ::setpgid(0, 0);
  const int none = ::open("/dev/null", O_RDONLY);
  ::dup2(none, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

int exit_code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

std::optional<int> reap(pid_t pid, Clock::time_point until) {
  for (;;) {
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG) == pid) return exit_code_of(status);
    if (Clock::now() >= until) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
}

Clock::time_point after(Seconds limit) { return Clock::now() + std::chrono::duration_cast<Clock::duration>(limit); }

/// False at the end of the stream.
bool take(int fd, std::string& into) {
  std::array<char, 65536> buffer;
  const auto size = ::read(fd, buffer.data(), buffer.size());
  if (size > 0) into.append(buffer.data(), static_cast<std::size_t>(size));
  return size > 0;
}

json last_line_of(const std::string& text) {
  if (auto whole = json::parse(text, nullptr, false); !whole.is_discarded()) return whole;
  std::istringstream lines{text};
  json last;
  for (std::string line; std::getline(lines, line);) {
    auto parsed = json::parse(line, nullptr, false);
    if (!parsed.is_discarded()) last = std::move(parsed);
  }
  return last;
}

}  // namespace

json Ran::last_line() const { return last_line_of(output); }

Ran run(const Words& argv, Seconds limit) {
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) return {};
  auto pointers = arguments_of(argv);
  const pid_t pid = ::fork();
  if (pid == 0) become(pointers, out[1], err[1]);
  ::close(out[1]);
  ::close(err[1]);
  Ran ran;
  const auto until = after(limit);
  std::array<pollfd, 2> polled{pollfd{out[0], POLLIN, 0}, pollfd{err[0], POLLIN, 0}};
  while (polled[0].fd >= 0 || polled[1].fd >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0 || ::poll(polled.data(), polled.size(), static_cast<int>(left)) <= 0) break;
    if (polled[0].revents != 0 && !take(out[0], ran.output)) polled[0].fd = -1;
    if (polled[1].revents != 0 && !take(err[0], ran.errors)) polled[1].fd = -1;
  }
  const auto code = reap(pid, until);
  if (!code) {
    ::kill(-pid, SIGKILL);
    (void)reap(pid, after(Seconds{5}));
    ran.errors += "\n(killed after its deadline)";
  }
  ran.exit_code = code.value_or(-1);
  ::close(out[0]);
  ::close(err[0]);
  return ran;
}

bool eventually(const std::function<bool()>& condition, Seconds limit) {
  const auto until = after(limit);
  while (!condition()) {
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return true;
}

Background::Background(const Words& argv, std::string log) : log_{std::move(log)} {
  auto pointers = arguments_of(argv);
  const FileDescriptor file{::open(log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  pid_ = ::fork();
  if (pid_ == 0) become(pointers, file.get(), file.get());
}

Background::Background(Background&& other) noexcept
    : pid_{std::exchange(other.pid_, -1)}, exit_code_{other.exit_code_}, log_{std::move(other.log_)} {}

Background::~Background() {
  if (pid_ < 0 || exit_code_) return;
  ::kill(pid_, SIGTERM);
  if (wait(Seconds{2})) return;
  ::kill(pid_, SIGKILL);
  (void)wait(Seconds{2});
}

void Background::signal(int number) const {
  if (pid_ > 0 && !exit_code_) ::kill(pid_, number);
}

std::optional<int> Background::wait(Seconds limit) {
  if (!exit_code_) exit_code_ = reap(pid_, after(limit));
  return exit_code_;
}

std::string Background::output() const {
  std::ifstream file{log_};
  return {std::istreambuf_iterator<char>{file}, {}};
}

json Background::last_line() const { return last_line_of(output()); }

}  // namespace sallyport::lab
