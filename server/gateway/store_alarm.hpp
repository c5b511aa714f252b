#pragma once

#include "common/log/log.hpp"
#include "server/gateway/complaint.hpp"
#include "server/store/store_error.hpp"

#include <string>
#include <string_view>

namespace sallyport {

/// Says that the store fails, whoever noticed: at most once a minute, with how often it was.
class StoreAlarm {
 public:
  explicit StoreAlarm(Log& log) : log_{log} {}

  /// `consequence` is what follows from it, behind a semicolon.
  void tell(const StoreError& error, WallTime now, std::string_view consequence = {}) {
    if (!complaint_.is_due(now)) return;
    log_.event(Level::Error, "store.failed", std::string{to_string(error)}.append(consequence),
               {{"count", complaint_.take_count()}});
  }

 private:
  Log& log_;
  Complaint complaint_;
};

}  // namespace sallyport
