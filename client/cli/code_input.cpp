#include "client/cli/code_input.hpp"

#include "common/base/file_descriptor.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sallyport {
namespace {

constexpr std::size_t kTotpLetters = 6;
constexpr std::size_t kRecoveryLetters = 16;
constexpr std::size_t kMaxLine = 256;

constexpr char kCtrlC = 3;
constexpr char kCtrlD = 4;
constexpr char kBackspace = 8;
constexpr char kDelete = 127;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Hides what is typed until it goes out of scope. Every key comes as it is meanwhile, Ctrl-C too: a signal would leave
/// the terminal hidden.
class HiddenInput {
 public:
  explicit HiddenInput(int terminal) : terminal_{terminal} {
    if (::tcgetattr(terminal, &before_) != 0) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG | ICANON);
    hidden.c_cc[VMIN] = 1;
    hidden.c_cc[VTIME] = 0;
    is_hidden_ = ::tcsetattr(terminal, TCSAFLUSH, &hidden) == 0;
  }
  ~HiddenInput() {
    if (is_hidden_) (void)::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;
  [[nodiscard]] bool is_hidden() const noexcept { return is_hidden_; }

 private:
  int terminal_;
  termios before_{};
  bool is_hidden_ = false;
};

Result<std::string, std::string> read_line(int fd) {
  std::string line;
  for (char c = 0; line.size() < kMaxLine;) {
    const ssize_t n = ::read(fd, &c, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(std::string{"nothing could be read"});
    if (n != 0 && c == kCtrlC) return fail(std::string{"given up"});
    if (n == 0 || c == kCtrlD || c == '\n' || c == '\r') return line;
    if (c != kBackspace && c != kDelete)
      line += c;
    else if (!line.empty())
      line.pop_back();
  }
  return fail(std::string{"that is too long"});
}

}  // namespace

Result<ProofAttempt, std::string> read_code(std::string_view typed) {
  std::string code{typed};
  std::erase_if(code, [](char c) { return c == ' ' || c == '-' || c == '\t'; });
  const bool digits = std::all_of(code.begin(), code.end(), is_digit);
  if (digits && code.size() == kTotpLetters) return ProofAttempt{"totp", std::move(code)};
  const bool letters = std::all_of(code.begin(), code.end(), [](char c) { return is_digit(c) || is_letter(c); });
  if (letters && code.size() == kRecoveryLetters) return ProofAttempt{"recovery", std::move(code)};
  return fail(
      std::string{"that is no code: six digits from your authenticator app, or a recovery code like "
                  "abcd-efgh-ijkl-mnop"});
}

Result<std::string, std::string> ask_hidden(std::string_view prompt, std::string_view instead) {
  const FileDescriptor terminal{::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)};
  if (!terminal) return fail("there is no terminal to ask at; " + std::string{instead});
  const HiddenInput hidden{terminal.get()};
  if (!hidden.is_hidden()) return fail("this terminal cannot hide what is typed; " + std::string{instead});
  (void)(::write(terminal.get(), prompt.data(), prompt.size()) >= 0);
  auto line = read_line(terminal.get());
  (void)(::write(terminal.get(), "\n", 1) >= 0);
  return line;
}

Result<std::string, std::string> ask_for_pin(const std::string& token, bool from_stdin) {
  if (from_stdin) return read_line(STDIN_FILENO);
  return ask_hidden("PIN of the token \"" + token + "\": ", "use --pin-stdin, or --pin-file where there is one");
}

bool ask_whether(const std::string& question) {
  const FileDescriptor terminal{::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)};
  if (!terminal) return false;
  const std::string prompt = question + " [y/N] ";
  (void)(::write(terminal.get(), prompt.data(), prompt.size()) >= 0);
  const auto line = read_line(terminal.get());
  return line && (*line == "y" || *line == "Y" || *line == "yes");
}

Result<std::string, std::string> ask_for_code(bool from_stdin) {
  if (from_stdin) return read_line(STDIN_FILENO);
  return ask_hidden("Code from your authenticator app (or a recovery code): ", "use --code-stdin");
}

}  // namespace sallyport
