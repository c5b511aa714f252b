#include "server/record/decision_log.hpp"

#include "common/ipc/message.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

namespace sallyport {
namespace {

constexpr std::size_t kMaxFirstLine = 64U << 10U;

/// When the file that is gone on with was begun; nullopt when it is empty or begins with a damaged line.
std::optional<WallTime> time_of_first_record(int fd) {
  std::string text(kMaxFirstLine, '\0');
  const ssize_t n = ::pread(fd, text.data(), text.size(), 0);
  const auto end = n <= 0 ? std::string::npos : text.find('\n');
  if (end == std::string::npos) return std::nullopt;
  const auto record = parse_decision_record(std::string_view{text}.substr(0, end));
  return record ? std::optional{record->time} : std::nullopt;
}

bool is_there(const std::string& path) noexcept { return ::access(path.c_str(), F_OK) == 0; }

Result<void, FileError> rename_file(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return {};
  return fail(FileError{from, std::string{"cannot be renamed: "} + std::strerror(errno)});
}

}  // namespace

std::vector<std::string> DecisionLog::files_of(const std::string& path, unsigned files) {
  std::vector<std::string> names;
  for (unsigned number = files - 1; number > 0; --number) names.push_back(path + '.' + std::to_string(number));
  names.push_back(path);
  return names;
}

Result<DecisionLog, FileError> DecisionLog::open(std::string path, DecisionLogLimits limits) {
  auto file = AppendFile::open(std::move(path));
  if (!file) return fail(file.error());
  DecisionLog log{std::move(*file), limits};
  log.first_ = time_of_first_record(log.file_.fd());
  return log;
}

Result<void, FileError> DecisionLog::append(const DecisionRecord& record) {
  auto line = to_line(to_json(record));
  if (is_full(line.size(), record.time)) {
    if (auto started = start_new_file(); !started) return started;
  }
  if (auto written = file_.append(std::move(line)); !written) return written;
  if (!first_) first_ = record.time;
  return {};
}

bool DecisionLog::is_full(std::size_t more, WallTime now) const noexcept {
  const auto size = file_.size();
  return size != 0 && (size + more > limits_.file_size || (first_ && now - *first_ >= limits_.file_age));
}

/// The new file is there before any older one is touched: a failure, however often, costs the record at hand and no
/// history.
Result<void, FileError> DecisionLog::start_new_file() {
  const std::string path = file_.path();
  auto file = AppendFile::open(path + ".new");
  if (!file) return fail(file.error());
  const auto names = files_of(path, limits_.files);
  // A gap, which an earlier failure may have left, is filled before the oldest file goes.
  std::size_t gap = names.size() - 1;
  while (gap != 0 && is_there(names[gap])) --gap;
  for (std::size_t i = gap + 1; i < names.size(); ++i) {
    if (auto renamed = rename_file(names[i], names[i - 1]); !renamed) return renamed;
  }
  if (auto renamed = rename_file(file->path(), path); !renamed) return renamed;
  file->follow_rename(path);
  file_ = std::move(*file);
  first_.reset();
  return {};
}

}  // namespace sallyport
