#include "server/gateway/ration_book.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

constexpr std::chrono::hours kDay{24};
constexpr std::uint64_t kShare = 100;  ///< one part of so many is for strangers
/// However little room there is, the first records of a kind are written, and one an hour.
constexpr std::uint64_t kLeastBurst = 10;
constexpr std::uint64_t kLeastInADay = 24;
/// What is left out is gathered for so long: what goes on and on is not said every second while its ration lasts.
constexpr auto kGather = std::chrono::minutes{1};

AuditRecord summary_of(const RationBook::Kind& kind, const std::string& user, const std::string& source,
                       std::uint64_t count, WallTime first, WallTime last) {
  AuditRecord record;
  record.event = "records.left_out";
  record.user = user;
  record.device = kind.device;
  record.source = source;
  record.counts = {{"count", count}};
  record.reason = kind.reason;
  record.texts = {{"left_out", kind.event}, {"from", format_utc(first)}, {"until", format_utc(last)}};
  return record;
}

}  // namespace

Ration stranger_ration(const AuditSettings& settings) {
  const auto room = (std::uint64_t{settings.file_mib} << 20U) * settings.files;
  const auto records = room / kShare / RationBook::kMostOfStrangers / kLongestRefusal;
  const auto in_a_day = std::max(records / 2, kLeastInADay);
  return {static_cast<unsigned>(std::clamp(records / 2, kLeastBurst, std::uint64_t{10'000})),
          std::chrono::duration_cast<Duration>(kDay) / static_cast<Duration::rep>(in_a_day)};
}

bool RationBook::take(Kind kind, const Ration& ration, const AuditRecord& record, Now now) {
  const auto entry = entry_of(std::move(kind), ration, now.steady);
  if (entry->second.count == 0 && entry->second.bucket.take(now.steady)) return true;
  count(entry, record, now, 1);
  return false;
}

void RationBook::leave_out(Kind kind, const Ration& ration, const AuditRecord& record, Now now, std::uint64_t count) {
  if (count != 0) this->count(entry_of(std::move(kind), ration, now.steady), record, now, count);
}

void RationBook::tell_due(Now now, bool is_last, const std::function<bool(const AuditRecord&)>& tell) {
  bool is_written = true;
  std::erase_if(behind_, [&](const Entries::iterator& place) {
    auto& [kind, entry] = *place;
    const bool is_due = is_last || now.steady - entry.since >= kGather;
    if (!is_written || !is_due || (!entry.bucket.take(now.steady) && !is_last)) return false;
    is_written = tell(summary_of(kind, entry.user, entry.source, entry.count, entry.first, entry.last));
    if (is_written)
      entry.count = 0;
    else
      entry.bucket.give_back();
    return is_written;
  });
}

RationBook::Entries::iterator RationBook::entry_of(Kind kind, const Ration& ration, TimePoint now) {
  auto found = entries_.find(kind);
  if (found != entries_.end()) return found;
  if (entries_.size() >= sweep_at_) sweep(now);
  const bool is_of_stranger = kind.device.empty();
  if (is_of_stranger && of_strangers_ >= kMostOfStrangers) sweep(now);
  if (is_of_stranger && of_strangers_ >= kMostOfStrangers) kind.reason = "other";
  const auto per_second = 1.0 / std::chrono::duration<double>{ration.interval}.count();
  const auto [entry, is_new] =
      entries_.try_emplace(std::move(kind), Entry{TokenBucket{per_second, static_cast<double>(ration.burst), now}});
  of_strangers_ += is_new && is_of_stranger ? 1 : 0;
  return entry;
}

void RationBook::count(Entries::iterator entry, const AuditRecord& record, Now now, std::uint64_t count) {
  auto& left = entry->second;
  if (left.count == 0) {
    left.since = now.steady;
    left.first = now.wall;
    behind_.push_back(entry);
  }
  left.count += count;
  left.last = now.wall;
  left.user = record.user;
  left.source = record.source;
  left_out_ += count;
}

/// Forgets those that would be the same if made anew.
void RationBook::sweep(TimePoint now) {
  std::erase_if(entries_, [&](const auto& each) {
    const bool is_idle = each.second.count == 0 && each.second.bucket.is_full(now);
    if (is_idle && each.first.device.empty()) --of_strangers_;
    return is_idle;
  });
  sweep_at_ = std::max(kFirstSweep, entries_.size() * 2);
}

}  // namespace sallyport
