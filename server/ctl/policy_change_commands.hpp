#pragma once

#include "server/ctl/command_line.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace sallyport {

struct ApplyOptions {
  std::string directory;  ///< empty: what the gateway's policy directory holds
  std::string confirm;
  std::int64_t max_cut = -1;  ///< below 0: whatever it cuts
  bool only_ask = false;
  bool may_be_empty = false;
};
[[nodiscard]] CtlExit apply_policy(Ctl& ctl, const ApplyOptions& options);

struct RollbackOptions {
  std::int64_t version = 0;  ///< 0: one step
  std::int64_t max_cut = -1;
};
[[nodiscard]] CtlExit roll_back_policy(Ctl& ctl, const RollbackOptions& options);

struct ConfirmOptions {
  std::int64_t version = 0;  ///< 0: whichever is on trial
};
[[nodiscard]] CtlExit confirm_policy(Ctl& ctl, const ConfirmOptions& options);

struct HistoryOptions {
  std::int64_t show = 0;  ///< 0: the table
  std::string out;
};
[[nodiscard]] CtlExit show_policy_history(Ctl& ctl, const HistoryOptions& options);

/// policy apply, confirm, rollback, history.
void add_policy_change_commands(Command noun, Ctl& ctl);

/// "90s", "2m", "1h": one number and one unit.
[[nodiscard]] std::optional<std::chrono::seconds> parse_waiting_time(std::string_view text) noexcept;

}  // namespace sallyport
