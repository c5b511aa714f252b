#include "server/gateway/clock_keeper.hpp"

#include <fmt/format.h>

#include <utility>

namespace sallyport {
namespace {

/// What a kill of the process and a clock set back at the same time could revive at most.
constexpr auto kKeepClock = std::chrono::minutes{1};

}  // namespace

/// What an earlier process saw counts from the first moment on.
Result<void, StoreError> ClockKeeper::open() {
  const Now now = clock_.now();
  const auto seen = store_.latest_time();
  if (!seen) return fail(seen.error());
  if (*seen) clock_.raise(**seen, now);
  watch();
  return store_.keep_latest_time(clock_.at(now));
}

void ClockKeeper::watch() {
  const Now now = clock_.now();
  const bool is_now = clock_.behind(now) > ClockFloor::kTolerance;
  if (is_now != std::exchange(is_behind_, is_now)) tell(now);
  if (now.steady - kept_ < kKeepClock) return;
  kept_ = now.steady;
  keep();
}

void ClockKeeper::keep() {
  const Now now = clock_.now();
  const auto kept = store_.keep_latest_time(clock_.at(now));
  if (!kept) store_alarm_.tell(kept.error(), now.wall, "; a clock that is set back is not noticed then");
}

void ClockKeeper::tell(Now now) {
  const auto latest = format_utc(clock_.at(now));
  AuditRecord audit;
  audit.event = is_behind_ ? "clock.behind" : "clock.right";
  audit.reason = is_behind_ ? fmt::format("it says {} after {}", format_utc(now.wall), latest)
                            : fmt::format("it says {}", format_utc(now.wall));
  (void)journal_.record(std::move(audit));
  if (!is_behind_) return log_.event(Level::Notice, "clock.right", "this machine's clock has caught up");
  log_.event(Level::Error, "clock.behind",
             fmt::format("this machine's clock says {}, but {} was seen already: certificates, revocation, tokens and "
                         "proofs are judged by that; correct the clock, or, if it was wrong before and is right now, "
                         "run: sallyportctl clock accept",
                         format_utc(now.wall), latest),
             {{"behind_seconds", clock_.behind(now).count()}});
}

Result<void, std::string> ClockKeeper::accept(const std::string& by) {
  const Now now = clock_.now();
  AuditRecord audit;
  audit.event = "clock.accepted";
  audit.by = by;
  audit.reason = fmt::format("{} instead of {}", format_utc(now.wall), format_utc(clock_.at(now)));
  if (!journal_.record(std::move(audit))) return fail("the audit record could not be written, so nothing was changed");
  if (auto kept = store_.accept_time(now.wall); !kept) return fail(to_string(kept.error()));
  clock_.accept(now);
  watch();
  return {};
}

}  // namespace sallyport
