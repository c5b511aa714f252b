#pragma once

#include "server/gateway/control_books.hpp"

#include <string>

namespace sallyport {

/// Watches the machine's clock: says when it is behind what was seen already, and writes down what was seen, for the
/// process that comes next.
class ClockKeeper {
 public:
  explicit ClockKeeper(const ControlBooks& books)
      : clock_{books.clock},
        store_{books.store},
        journal_{books.journal},
        store_alarm_{books.store_alarm},
        log_{books.log},
        kept_{clock_.now().steady} {}

  /// What an earlier process saw counts from here on.
  [[nodiscard]] Result<void, StoreError> open();
  /// Once a second.
  void watch();
  void keep();
  /// The wall clock is right, and what was seen before was not: nothing is judged by that any more. Sessions that live
  /// keep the end they have. The error is one line for the administrator.
  [[nodiscard]] Result<void, std::string> accept(const std::string& by);

 private:
  void tell(Now now);

  ControlClock& clock_;
  Store& store_;
  AuditJournal& journal_;
  StoreAlarm& store_alarm_;
  Log& log_;
  TimePoint kept_;
  bool is_behind_ = false;
};

}  // namespace sallyport
