#pragma once

#include "common/base/time.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace sallyport {

/// When a laptop looks at itself between two questions of its gateway, and when it wants to be asked: what it would
/// report now is another thing than what it reported last on this session. Pure.
///
/// The owner calls stir() whenever something may have changed, looks when look_due() says so (begin_look(), then
/// end_look() with what would be reported), and tells of every report with note_report().
class PostureNews {
 public:
  /// Between two looks, from the beginning of one to that of the next: longer while one after the other finds nothing.
  static constexpr Duration kShortestGap = std::chrono::milliseconds{250};
  static constexpr Duration kLongestGap = std::chrono::milliseconds{700};
  /// After that long without a look the gap is the shortest again.
  static constexpr Duration kCalm = std::chrono::seconds{5};

  void stir(TimePoint now);
  /// Nullopt: none is due.
  [[nodiscard]] std::optional<TimePoint> look_due() const noexcept { return is_looking_ ? std::nullopt : due_; }
  void begin_look(TimePoint now);
  /// True: the gateway is to be told now. Once, until the next report.
  [[nodiscard]] bool end_look(const std::string& body);
  /// This went to the gateway.
  void note_report(std::string body, TimePoint now);
  /// The session is over: the next one begins with a report.
  void forget() { *this = {}; }

 private:
  std::optional<std::string> reported_;  ///< unset: nothing yet, and a question is on its way
  std::optional<TimePoint> due_;
  TimePoint last_look_{};
  Duration gap_ = kShortestGap;
  bool is_looking_ = false;
  bool is_told_ = false;       ///< and no report has followed yet
  bool may_be_later_ = false;  ///< something was found meanwhile that the coming report may have missed
};

}  // namespace sallyport
