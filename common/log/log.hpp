#pragma once

#include "common/log/log_record.hpp"
#include "common/log/log_sink.hpp"

#include <initializer_list>
#include <memory>
#include <mutex>
#include <string_view>

namespace sallyport {

/// Where events of the product go. Safe to call from every thread; passed by reference, there is no global one.
class Log {
 public:
  /// Events below `threshold` are dropped.
  explicit Log(std::unique_ptr<LogSink> sink, Level threshold = Level::Info);

  /// `event` is a constant like "session.open", `words` a sentence for a person. Both, and all values, may hold
  /// peer-controlled text: every sink writes printable ASCII only.
  void event(Level level, std::string_view event, std::string_view words, std::initializer_list<LogField> fields = {});

 private:
  std::unique_ptr<LogSink> sink_;
  const Level threshold_;
  std::mutex mutex_;
};

/// The journal when standard error is the journal, short lines when it is a terminal, JSON lines otherwise.
[[nodiscard]] std::unique_ptr<LogSink> standard_log_sink();

}  // namespace sallyport
