#include "common/log/log_sink.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace sallyport {
namespace {

/// One write per line: lines of several processes on one descriptor do not mix.
void write_line(int fd, const std::string& line) noexcept {
  while (::write(fd, line.data(), line.size()) < 0 && errno == EINTR) {
  }
}

class JsonLineSink : public LogSink {
 public:
  explicit JsonLineSink(int fd) noexcept : fd_{fd} {}
  void write(const LogRecord& record) override { write_line(fd_, to_json_line(record)); }

 private:
  int fd_;
};

class TerminalSink : public LogSink {
 public:
  explicit TerminalSink(int fd) noexcept : fd_{fd} {}
  void write(const LogRecord& record) override { write_line(fd_, to_terminal_line(record)); }

 private:
  int fd_;
};

}  // namespace

std::unique_ptr<LogSink> json_line_sink(int fd) { return std::make_unique<JsonLineSink>(fd); }

std::unique_ptr<LogSink> terminal_sink(int fd) { return std::make_unique<TerminalSink>(fd); }

bool is_journal_stream(int fd, const char* journal_stream) noexcept {
  if (journal_stream == nullptr) return false;
  const char* end = journal_stream + std::strlen(journal_stream);
  dev_t device = 0;
  ino_t inode = 0;
  const auto colon = std::from_chars(journal_stream, end, device);
  if (colon.ec != std::errc{} || colon.ptr == end || *colon.ptr != ':') return false;
  const auto rest = std::from_chars(colon.ptr + 1, end, inode);
  if (rest.ec != std::errc{} || rest.ptr != end) return false;
  struct stat status {};
  return ::fstat(fd, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

}  // namespace sallyport
