#pragma once

#include "common/log/log.hpp"
#include "server/audit/audit_log.hpp"
#include "server/audit/audit_syncer.hpp"
#include "server/config/gateway_config.hpp"
#include "server/gateway/complaint.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sallyport {

/// No record of the end of a session is longer, with its chain: the longest names there are, and every figure at its
/// largest. A test measures it.
inline constexpr std::size_t kLongestClose = 1280;

/// The gateway's audit file and how it is: signs and syncs it every second, and says when it cannot be written. Only on
/// the control thread.
class AuditKeeper {
 public:
  explicit AuditKeeper(Log& log) : log_{log} {}
  /// Signs what is not signed yet.
  ~AuditKeeper() { close(); }
  AuditKeeper(const AuditKeeper&) = delete;
  AuditKeeper& operator=(const AuditKeeper&) = delete;

  [[nodiscard]] Result<void, FileError> open(const GatewayConfig& config, Now now);
  void use(const GatewayConfig& config);

  /// False: it is not written, and what it speaks of must not happen. True with on_full = "continue", whatever comes.
  [[nodiscard]] bool write(AuditRecord record, Now now);
  /// Once a second: mends what can be mended, signs, and hands the file to the thread that syncs it.
  void tick(Now now);
  void close();

  [[nodiscard]] bool admits_sessions() const noexcept { return !failing_since_ || is_lenient(); }
  /// Before one more session begins: the ends of so many can be written even when the disk is full by then. False: it
  /// is not to begin.
  [[nodiscard]] bool has_room_for(std::size_t sessions, Now now);
  [[nodiscard]] bool is_failing() const noexcept { return failing_since_.has_value(); }
  /// It has failed for longer than live sessions may go on.
  [[nodiscard]] bool ends_sessions(TimePoint now) const noexcept {
    return failing_since_ && !is_lenient() && now - *failing_since_ >= settings_.grace;
  }

  struct State {
    bool is_failing = false;
    bool admits_sessions = true;
    std::string problem;              ///< why, while it fails
    std::optional<WallTime> since{};  ///< when that began
    std::uint64_t written = 0;        ///< records, since the gateway began
    std::uint64_t lost = 0;
    std::uint64_t last = 0;       ///< number of the newest record
    std::uint64_t signed_to = 0;  ///< likewise, of those that a head has signed
    std::uint64_t failures = 0;   ///< how often it began to fail
  };
  [[nodiscard]] State state() const;

 private:
  [[nodiscard]] bool is_lenient() const noexcept { return settings_.on_full == OnAuditFull::Continue; }
  [[nodiscard]] AuditLimits limits() const noexcept;
  [[nodiscard]] std::optional<std::string> problem_at(Now now);
  void fail_with(const std::string& words, Now now, std::uint64_t just_lost = 0);
  void recover(Now now);
  void take_back(std::uint64_t number, const std::string& event);
  Result<void, FileError> record_taken_back(Now now);
  void tell_findings();
  void tell_head(TimePoint now);

  Log& log_;
  AuditSettings settings_;
  std::size_t expected_ = 0;  ///< sessions whose ends there is room for
  std::unique_ptr<AuditLog> file_;
  std::unique_ptr<AuditSyncer> syncer_;
  std::optional<TimePoint> failing_since_;
  std::optional<WallTime> failing_since_wall_;
  std::string problem_;
  std::uint64_t written_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t lost_before_ = 0;  ///< when it began to fail
  std::uint64_t failures_ = 0;
  std::vector<std::pair<std::uint64_t, std::string>> taken_back_;  ///< numbers and events, not recorded yet
  Complaint complaint_;
  Complaint rotation_complaint_;
  std::optional<TimePoint> head_told_;
};

}  // namespace sallyport
