#include "server/record/decision_reader.hpp"

#include "common/base/file_descriptor.hpp"
#include "common/ipc/message.hpp"
#include "server/record/decision_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace sallyport {
namespace {

/// A record above what a message may hold is none.
constexpr std::size_t kMaxLine = kMaxMessageSize + 1;
constexpr std::size_t kChunk = 64U << 10U;

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

using ShowLine = std::function<void(std::size_t number, std::string_view)>;

FileError from_errno(const std::string& path) {
  return FileError{path, std::string{"cannot be read: "} + std::strerror(errno)};
}

struct OpenFile {
  std::string path;
  FileDescriptor fd;
  dev_t device{};
  ino_t inode{};
};

/// Nullopt: there is none.
Result<std::optional<OpenFile>, FileError> open_lines(const std::string& path) {
  OpenFile file{path, FileDescriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)}};
  if (!file.fd && errno == ENOENT) return std::nullopt;
  struct stat status {};
  if (!file.fd || ::fstat(file.fd.get(), &status) != 0) return fail(from_errno(path));
  if (!S_ISREG(status.st_mode)) return fail(FileError{path, "is not a regular file"});
  file.device = status.st_dev;
  file.inode = status.st_ino;
  return file;
}

Result<void, FileError> show_lines(const OpenFile& file, const ShowLine& show) {
  std::vector<char> chunk(kChunk);
  std::string line;
  std::size_t number = 0;
  while (true) {
    const ssize_t n = ::read(file.fd.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(from_errno(file.path));
    if (n == 0) break;
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
  return {};
}

/// From the newest name to the oldest, before anything is read: a file that is renamed meanwhile is met again under its
/// older name, and none is missed.
Result<std::vector<OpenFile>, FileError> open_newest_first(std::vector<std::string> names) {
  std::vector<OpenFile> files;
  std::reverse(names.begin(), names.end());
  for (const auto& name : names) {
    auto file = open_lines(name);
    if (!file) return fail(file.error());
    if (!*file) continue;
    const bool is_known = std::any_of(files.begin(), files.end(), [&](const OpenFile& each) {
      return each.device == (*file)->device && each.inode == (*file)->inode;
    });
    if (!is_known) files.push_back(std::move(**file));
  }
  return files;
}

}  // namespace

Result<bool, FileError> read_lines(const std::string& path, const ShowLine& show) {
  const auto file = open_lines(path);
  if (!file) return fail(file.error());
  if (!*file) return false;
  if (const auto read = show_lines(**file, show); !read) return fail(read.error());
  return true;
}

Result<ReadDecisions, FileError> read_decisions(const std::string& path, WallTime since,
                                                const std::function<void(const DecisionRecord&)>& show) {
  const auto files = open_newest_first(DecisionLog::files_of(path));
  if (!files) return fail(files.error());
  ReadDecisions read{.files = files->size(), .damage = {}};
  for (auto file = files->rbegin(); file != files->rend(); ++file) {
    const auto shown = show_lines(*file, [&](std::size_t number, std::string_view text) {
      take_line(file->path, number, text, since, read, show);
    });
    if (!shown) return fail(shown.error());
  }
  return read;
}

}  // namespace sallyport
