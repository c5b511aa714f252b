#pragma once

#include "common/log/log.hpp"

#include <string>
#include <vector>

namespace sallyport::test {

/// Nobody reads it.
class SilentSink final : public LogSink {
 public:
  void write(const LogRecord& /*record*/) override {}
};

/// The names of events, in order.
class EventNames final : public LogSink {
 public:
  explicit EventNames(std::vector<std::string>& names) : names_{names} {}
  void write(const LogRecord& record) override { names_.emplace_back(record.event); }

 private:
  std::vector<std::string>& names_;
};

}  // namespace sallyport::test
