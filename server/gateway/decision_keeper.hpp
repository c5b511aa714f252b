#pragma once

#include "common/log/log.hpp"
#include "server/gateway/complaint.hpp"
#include "server/record/decision_log.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace sallyport {

/// The gateway's decision log, if it keeps one, and how much of it was lost. Only on the control thread.
class DecisionKeeper {
 public:
  explicit DecisionKeeper(Log& log) : log_{log} {}

  /// An empty path: nothing is kept.
  [[nodiscard]] Result<void, FileError> open(const std::string& path) {
    if (path.empty()) return {};
    auto file = DecisionLog::open(path);
    if (!file) return fail(file.error());
    file_.emplace(std::move(*file));
    return {};
  }

  void keep(const DecisionRecord& record) {
    if (!file_) return;
    if (const auto written = file_->append(record)) {
      ++written_;
    } else {
      lose(1);
      // A full disk must not fill the journal too.
      if (!complaint_.is_due(record.time)) return;
      log_.event(Level::Error, "decisions.failed", to_string(written.error()) + "; decisions are not recorded",
                 {{"lost", complaint_.take_count()}});
    }
  }
  void lose(std::uint64_t count) noexcept { lost_ += count; }

  [[nodiscard]] bool is_open() const noexcept { return file_.has_value(); }
  [[nodiscard]] std::uint64_t written() const noexcept { return written_; }
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

 private:
  Log& log_;
  std::optional<DecisionLog> file_;
  std::uint64_t written_ = 0;
  std::uint64_t lost_ = 0;
  Complaint complaint_;
};

}  // namespace sallyport
