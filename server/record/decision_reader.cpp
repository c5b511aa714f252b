#include "server/record/decision_reader.hpp"

#include "common/ipc/message.hpp"
#include "server/record/decision_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

/// A record above what a message may hold is none.
constexpr std::size_t kMaxLine = kMaxMessageSize + 1;

void take_line(const std::string& file, std::size_t number, std::string_view text, WallTime since, ReadDecisions& read,
               const std::function<void(const DecisionRecord&)>& show) {
  if (text.empty()) return;
  const auto record =
      text.size() >= kMaxLine ? fail(std::string{describe(MessageError::TooLong)}) : parse_decision_record(text);
  if (!record) {
    if (++read.damaged <= ReadDecisions::kMaxDamage) read.damage.push_back({file, number, record.error()});
    return;
  }
  if (record->time < since) return;
  ++read.records;
  show(*record);
}

}  // namespace

bool read_lines(const std::string& path, const std::function<void(std::size_t, std::string_view)>& show) {
  const FileDescriptor fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!fd) return false;
  std::array<char, 65536> chunk{};
  std::string line;
  std::size_t number = 0;
  while (true) {
    const ssize_t n = ::read(fd.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    std::string_view rest{chunk.data(), static_cast<std::size_t>(n)};
    while (!rest.empty()) {
      const auto end = rest.find('\n');
      if (line.size() < kMaxLine) line += rest.substr(0, std::min(end, kMaxLine - line.size()));
      if (end == std::string_view::npos) break;
      show(++number, line);
      line.clear();
      rest.remove_prefix(end + 1);
    }
  }
  if (!line.empty()) show(++number, line);
  return true;
}

Result<ReadDecisions, FileError> read_decisions(const std::string& path, WallTime since,
                                                const std::function<void(const DecisionRecord&)>& show) {
  ReadDecisions read;
  bool any = false;
  FileError error{path, "cannot be read"};
  for (const auto& file : DecisionLog::files_of(path)) {
    errno = 0;
    if (read_lines(file, [&](std::size_t number, std::string_view text) {
          take_line(file, number, text, since, read, show);
        })) {
      any = true;
    } else if (errno != ENOENT || file == path) {
      error = FileError{file, std::string{"cannot be read: "} + std::strerror(errno)};
      if (errno != ENOENT) return fail(error);
    }
  }
  if (!any) return fail(error);
  return read;
}

}  // namespace sallyport
