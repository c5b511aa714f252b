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

Result<void, FileError> DecisionLog::start_new_file() {
  const auto names = files_of(file_.path(), limits_.files);
  for (std::size_t i = 1; i < names.size(); ++i) {
    if (std::rename(names[i].c_str(), names[i - 1].c_str()) != 0 && errno != ENOENT) {
      return fail(FileError{names[i], std::string{"cannot be renamed: "} + std::strerror(errno)});
    }
  }
  auto file = AppendFile::open(file_.path());
  if (!file) return fail(file.error());
  file_ = std::move(*file);
  first_.reset();
  return {};
}

}  // namespace sallyport
