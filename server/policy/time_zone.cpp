#include "server/policy/time_zone.hpp"

#include "common/base/file.hpp"
#include "server/policy/zone_names.hpp"

#include <algorithm>

namespace sallyport {
namespace {

using std::chrono::year;

constexpr year kFirstYear{1970};
constexpr year kEndYear{2200};
constexpr std::size_t kMaxZoneFile = 1U << 20U;

WallTime start_of(year y) { return std::chrono::sys_days{y / std::chrono::January / 1}; }

year year_of(WallTime time) { return std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(time)}.year(); }

/// The listed changes, then those of the rule up to the end of what is materialised.
std::vector<ZoneChange> all_changes(const ZoneFile& file, const ZoneRule& rule) {
  auto changes = file.changes;
  if (!rule.changes()) return changes;
  const WallTime last = changes.empty() ? WallTime::min() : changes.back().at;
  // Local dates reach into the years beside them.
  const auto first = year_of(std::clamp(last, start_of(kFirstYear), start_of(kEndYear))) - std::chrono::years{1};
  for (year y = first; y <= kEndYear; ++y) {
    for (const auto& change : rule.changes_in(y)) {
      if (change.at > last) changes.push_back(change);
    }
  }
  return changes;
}

/// Puts `change` at the end, which is open. What begins there already had no length; neighbours that agree are one.
void append_change(std::vector<TimeZone::Offset>& offsets, const ZoneChange& change, WallTime end) {
  if (change.at <= offsets.back().begin) {
    offsets.back().utc = change.utc;
  } else if (change.utc != offsets.back().utc) {
    offsets.back().end = change.at;
    offsets.push_back({change.at, end, change.utc});
  }
  if (offsets.size() > 1 && offsets[offsets.size() - 2].utc == offsets.back().utc) {
    offsets.pop_back();
    offsets.back().end = end;
  }
}

std::vector<TimeZone::Offset> materialise(const std::vector<ZoneChange>& changes, std::chrono::seconds before,
                                          WallTime end) {
  std::vector<TimeZone::Offset> offsets{{start_of(kFirstYear), end, before}};
  for (const auto& change : changes) {
    if (change.at < end) append_change(offsets, change, end);
  }
  return offsets;
}

}  // namespace

Result<std::shared_ptr<const TimeZone>, TimeZoneError> TimeZone::load(std::string_view name) {
  if (!is_zone_name(name)) return fail(unknown_zone(name));
  const auto content = read_file(zone_path(name), kMaxZoneFile);
  if (!content) return fail(unknown_zone(name));
  const auto file = ZoneFile::parse(as_bytes(*content));
  auto zone = file ? from_file(std::string{name}, *file) : std::nullopt;
  if (!zone) {
    return fail(TimeZoneError{"the system's file of time zone \"" + std::string{name} + "\" cannot be read",
                              "install it anew: apt-get install --reinstall tzdata"});
  }
  return std::make_shared<const TimeZone>(std::move(*zone));
}

std::optional<TimeZone> TimeZone::from_file(std::string name, const ZoneFile& file) {
  if (file.rule.empty()) {
    const WallTime end = file.changes.empty() ? start_of(kFirstYear) : file.changes.back().at;
    if (end <= start_of(kFirstYear)) return std::nullopt;
    return TimeZone{std::move(name), materialise(file.changes, file.before, std::min(end, start_of(kEndYear)))};
  }
  const auto rule = ZoneRule::parse(file.rule);
  if (!rule) return std::nullopt;
  return TimeZone{std::move(name), materialise(all_changes(file, *rule), file.before, start_of(kEndYear))};
}

std::optional<TimeZone::Offset> TimeZone::at(WallTime now) const noexcept {
  if (now < offsets_.front().begin || now >= offsets_.back().end) return std::nullopt;
  const auto later =
      std::upper_bound(offsets_.begin(), offsets_.end(), now, [](WallTime t, const Offset& o) { return t < o.begin; });
  return *std::prev(later);
}

WallTime TimeZone::known_again(WallTime now) const noexcept {
  return now < offsets_.front().begin ? offsets_.front().begin : kNever;
}

}  // namespace sallyport
