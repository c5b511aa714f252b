#pragma once

#include "server/gateway/control_books.hpp"
#include "server/gateway/outlook.hpp"

#include <chrono>

namespace sallyport {

/// Works out what of the trust in force will end soon: once a day, to warn, and for whoever asks.
class OutlookKeeper {
 public:
  explicit OutlookKeeper(const ControlBooks& books)
      : snapshot_{books.snapshot}, clock_{books.clock}, store_{books.store}, log_{books.log} {}

  void look_ahead(bool warn);
  /// Call it every second.
  void handle_timeout();
  /// Other trust is in force: what was worked out holds no more.
  void forget() noexcept { outlook_.forget(); }
  /// No older than `most`, and of the trust in force.
  [[nodiscard]] const Outlook& fresh_outlook(Duration most = std::chrono::minutes{1});

 private:
  const Snapshot& snapshot_;
  const ControlClock& clock_;
  Store& store_;
  Log& log_;
  Outlook outlook_;
};

}  // namespace sallyport
