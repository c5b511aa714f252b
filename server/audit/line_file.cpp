#include "server/audit/line_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace sallyport {
namespace {

constexpr std::size_t kChunk = 64U << 10U;

FileError from_errno(const std::string& path) {
  return FileError{path, std::string{"cannot be read: "} + std::strerror(errno)};
}

}  // namespace

Result<std::optional<LineFile>, FileError> LineFile::open(const std::string& path) {
  FileDescriptor fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)};
  if (!fd && errno == ENOENT) return std::nullopt;
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return fail(from_errno(path));
  if (!S_ISREG(status.st_mode)) return fail(FileError{path, "is not a regular file"});
  return LineFile{path, std::move(fd), status.st_dev, status.st_ino};
}

Result<void, FileError> LineFile::read(const Show& show) {
  std::vector<char> chunk(kChunk);
  while (true) {
    const ssize_t n = ::read(fd_.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(from_errno(path_));
    if (n == 0) return {};
    take({chunk.data(), static_cast<std::size_t>(n)}, show);
  }
}

void LineFile::take(std::string_view chunk, const Show& show) {
  while (!chunk.empty()) {
    const auto end = chunk.find('\n');
    const auto part = chunk.substr(0, end);
    if (line_.size() < kMaxLine) line_ += part.substr(0, kMaxLine - line_.size());
    offset_ += part.size();
    if (end == std::string_view::npos) return;
    ++offset_;
    show({line_, ++number_, line_offset_, true});
    line_.clear();
    line_offset_ = offset_;
    chunk.remove_prefix(end + 1);
  }
}

void LineFile::show_half(const Show& show) const {
  if (offset_ != line_offset_) show({line_, number_ + 1, line_offset_, false});
}

}  // namespace sallyport
