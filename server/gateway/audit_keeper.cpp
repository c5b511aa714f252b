#include "server/gateway/audit_keeper.hpp"

#include "common/base/hex.hpp"
#include "server/audit/audit_event.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace sallyport {
namespace {

/// A disk that takes nothing for so long does not work.
constexpr auto kSlowDisk = std::chrono::seconds{10};
/// Heads in the journal, which may be forwarded.
constexpr auto kBetweenHeads = std::chrono::minutes{1};
/// The last records of a disk that fills up: what administrators do, heads, and the ends of all sessions.
constexpr std::size_t kReserve = 64U << 10U;
/// Room for the ends of sessions is asked for so many at a time.
constexpr std::size_t kSessionsAtATime = 256;
/// Administrators do not more in the time that a disk needs to be mended.
constexpr std::size_t kMostTakenBack = 1000;

/// What may use up the room in reserve: ends, and what administrators do. Refusals would, within seconds; and what
/// devices ask for waits until there is room, because it gives them a right.
bool is_last_word(const AuditEventKind* kind) noexcept {
  constexpr std::array<std::string_view, 3> kAskedByDevices{"device.enrolled", "device.renewed", "device.recorded"};
  if (kind == nullptr || std::find(kAskedByDevices.begin(), kAskedByDevices.end(), kind->name) != kAskedByDevices.end())
    return false;
  return kind->is_on_disk || kind->name == "session.close" || kind->name == "gateway.stop";
}

}  // namespace

AuditLimits AuditKeeper::limits() const noexcept {
  return {.file_size = std::size_t{settings_.file_mib} << 20U,
          .files = settings_.files,
          .reserve = kReserve + kLongestClose * expected_};
}

bool AuditKeeper::has_room_for(std::size_t sessions, Now now) {
  if (failing_since_) return is_lenient();
  const auto wanted = (sessions / kSessionsAtATime + 1) * kSessionsAtATime;
  // Less again only when much less is needed: else each one that comes and goes would ask anew.
  const bool is_enough = sessions <= expected_ && wanted + 2 * kSessionsAtATime >= expected_;
  if (!is_enough) {
    expected_ = wanted;
    file_->use(limits());
  }
  if (const auto kept = file_->keep_reserve(); !kept) fail_with(to_string(kept.error()), now);
  return admits_sessions();
}

Result<void, FileError> AuditKeeper::open(const GatewayConfig& config, Now now) {
  settings_ = config.audit_settings;
  auto file = AuditLog::open(audit_places(config.audit, config.state), limits(), now.wall);
  if (!file) return fail(file.error());
  file_ = std::move(*file);
  syncer_ = std::make_unique<AuditSyncer>(file_->places());
  tell_findings();
  return {};
}

void AuditKeeper::use(const GatewayConfig& config) {
  settings_ = config.audit_settings;
  file_->use(limits());
}

bool AuditKeeper::write(AuditRecord record, Now now) {
  if (record.time == WallTime{}) record.time = now.wall;
  const auto* kind = find_audit_event(record.event);
  if (failing_since_ && !is_last_word(kind)) {
    ++lost_;
    return is_lenient();
  }
  // What is in reserve is not used up before it is noticed that nothing else is left.
  const auto kept = is_last_word(kind) ? Result<void, FileError>{} : file_->keep_reserve();
  const auto written = kept ? file_->append(record) : kept;
  if (!written) {
    ++lost_;
    fail_with(to_string(written.error()), now, 1);
    return is_lenient();
  }
  ++written_;
  if (kind == nullptr || !kind->is_on_disk) return true;
  const auto number = file_->last();
  if (auto flushed = file_->flush(); !flushed) {
    if (!is_lenient()) take_back(number, record.event);
    fail_with(to_string(flushed.error()), now);
    return is_lenient();
  }
  return true;
}

/// It stands in the file, and whoever asked is told that it does not.
void AuditKeeper::take_back(std::uint64_t number, const std::string& event) {
  if (taken_back_.size() < kMostTakenBack) taken_back_.push_back({number, event});
}

Result<void, FileError> AuditKeeper::record_taken_back(Now now) {
  if (taken_back_.empty()) return {};
  // What could not be brought to the disk then can be now, or nothing is recovered.
  if (auto flushed = file_->flush(); !flushed) return flushed;
  while (!taken_back_.empty()) {
    const auto& [number, event] = taken_back_.front();
    AuditRecord record;
    record.time = now.wall;
    record.event = "audit.taken_back";
    record.counts = {{"record", number}};
    record.reason = event + " was not on disk when the answer was due: who asked was told that there is no record";
    if (auto written = file_->append(record); !written) return written;
    ++written_;
    taken_back_.erase(taken_back_.begin());
  }
  return {};
}

std::optional<std::string> AuditKeeper::problem_at(Now now) {
  const auto checked = file_->check(now.wall);
  if (!checked) return to_string(checked.error());
  const auto synced = syncer_->state();
  if (!synced.problem.empty()) return synced.problem;
  if (synced.waiting_since && now.steady - *synced.waiting_since >= kSlowDisk)
    return file_->places().file + ": the disk takes nothing";
  return std::nullopt;
}

void AuditKeeper::tick(Now now) {
  if (!file_) return;
  const auto problem = problem_at(now);
  tell_findings();
  if (problem)
    fail_with(*problem, now);
  else if (failing_since_)
    recover(now);
  if (const auto& rotation = file_->rotation_problem(); rotation && rotation_complaint_.is_due(now.wall))
    log_.event(Level::Warning, "audit.not_set_aside", to_string(*rotation) + "; the file grows on");
  // After a failure of the disk too: its next success ends the alarm.
  if (!file_->needs_head() && syncer_->state().problem.empty()) return;
  if (const auto done = file_->sign(now.wall); !done) return fail_with(to_string(done.error()), now);
  syncer_->sync(file_->duplicate(), file_->head(), now.steady);
  tell_head(now.steady);
}

void AuditKeeper::fail_with(const std::string& words, Now now, std::uint64_t just_lost) {
  problem_ = words;
  if (!failing_since_) {
    failing_since_ = now.steady;
    failing_since_wall_ = now.wall;
    lost_before_ = lost_ - just_lost;
    ++failures_;
    AuditRecord record;
    record.time = now.wall;
    record.event = "audit.failing";
    record.reason = words;
    // Mostly there is room in reserve for it.
    if (file_->append(record)) ++written_;
  }
  // A full disk must not fill the journal too.
  if (!complaint_.is_due(now.wall)) return;
  log_.event(Level::Error, "audit.failed",
             words + (is_lenient() ? "; records are lost" : "; nobody new is let in until that is mended"),
             {{"lost", lost_}, {"count", complaint_.take_count()}});
}

/// Only a record that is written proves that records can be written.
void AuditKeeper::recover(Now now) {
  if (auto said = record_taken_back(now); !said) return fail_with(to_string(said.error()), now);
  const auto lasted = std::chrono::duration_cast<std::chrono::seconds>(now.steady - *failing_since_);
  AuditRecord record;
  record.time = now.wall;
  record.event = "audit.recovered";
  record.reason = problem_;
  record.counts = {{"lost", lost_ - lost_before_}, {"seconds", static_cast<std::uint64_t>(lasted.count())}};
  if (auto written = file_->append(record); !written) return fail_with(to_string(written.error()), now);
  ++written_;
  log_.event(Level::Notice, "audit.recovered", "the audit file can be written again",
             {{"lost", lost_ - lost_before_}, {"seconds", lasted.count()}});
  failing_since_.reset();
  failing_since_wall_.reset();
  problem_.clear();
}

void AuditKeeper::tell_findings() {
  for (const auto& found : file_->take_findings()) {
    const bool is_alarm = found.event == "audit.damaged" || found.event == "audit.truncated";
    log_.event(is_alarm ? Level::Error : Level::Warning, found.event, found.reason);
  }
}

void AuditKeeper::tell_head(TimePoint now) {
  if (head_told_ && now - *head_told_ < kBetweenHeads) return;
  const auto line = parse_chained_line(file_->head());
  const auto head = line ? parse_head(*line) : std::nullopt;
  if (!head) return;
  head_told_ = now;
  log_.event(Level::Info, "audit.head", "the audit file up to this record is signed",
             {{"seq", line->sequence},
              {"prev", to_hex(line->previous)},
              {"signed_at", line->time},
              {"key", head->key_id},
              {"signature", to_hex(head->signature)}});
}

void AuditKeeper::close() {
  if (!file_) return;
  syncer_.reset();
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (auto done = file_->settle(now); !done) log_.event(Level::Error, "audit.failed", to_string(done.error()));
  head_told_.reset();
  tell_head(TimePoint{});
  file_.reset();
}

AuditKeeper::State AuditKeeper::state() const {
  return {.is_failing = failing_since_.has_value(),
          .admits_sessions = admits_sessions(),
          .problem = problem_,
          .since = failing_since_wall_,
          .written = written_,
          .lost = lost_,
          .last = file_ ? file_->last() : 0,
          .signed_to = file_ ? file_->signed_to() : 0,
          .failures = failures_};
}

}  // namespace sallyport
