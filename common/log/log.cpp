#include "common/log/log.hpp"

#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace sallyport {

Log::Log(std::unique_ptr<LogSink> sink, Level threshold) : sink_{std::move(sink)}, threshold_{threshold} {}

void Log::event(Level level, std::string_view event, std::string_view words, std::initializer_list<LogField> fields) {
  if (level < threshold_) return;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const LogRecord record{now, level, event, words, {fields.begin(), fields.size()}};
  const std::lock_guard lock{mutex_};
  sink_->write(record);
}

std::unique_ptr<LogSink> standard_log_sink() {
  if (is_journal_stream(STDERR_FILENO, std::getenv("JOURNAL_STREAM"))) return journal_sink();
  if (::isatty(STDERR_FILENO) == 1) return terminal_sink(STDERR_FILENO);
  return json_line_sink(STDERR_FILENO);
}

}  // namespace sallyport
