#pragma once

#include "common/log/log_record.hpp"

#include <memory>
#include <string>
#include <vector>

namespace sallyport {

/// Writes records somewhere. Calls never overlap. What cannot be written is lost: logging fails nobody's work.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(const LogRecord& record) = 0;
};

/// Neither owns the descriptor.
[[nodiscard]] std::unique_ptr<LogSink> json_line_sink(int fd);
[[nodiscard]] std::unique_ptr<LogSink> terminal_sink(int fd);
[[nodiscard]] std::unique_ptr<LogSink> journal_sink();

/// What the journal gets: "MESSAGE=...", PRIORITY, MESSAGE_ID (the same for all records of one event), SALLYPORT_EVENT
/// and one SALLYPORT_<NAME> per field.
[[nodiscard]] std::vector<std::string> journal_fields(const LogRecord& record);

/// Whether `fd` is the stream that JOURNAL_STREAM ("DEVICE:INODE") names.
[[nodiscard]] bool is_journal_stream(int fd, const char* journal_stream) noexcept;

}  // namespace sallyport
