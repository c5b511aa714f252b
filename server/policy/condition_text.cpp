#include "server/policy/condition_text.hpp"

#include "server/policy/age_limit.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport {
namespace {

/// "3d 4h", "2h 5m", "40s": the two largest units.
std::string elapsed_text(std::chrono::seconds elapsed) {
  constexpr std::array<std::pair<std::int64_t, char>, 4> kUnits{{{86'400, 'd'}, {3'600, 'h'}, {60, 'm'}, {1, 's'}}};
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    const auto [size, unit] = kUnits[i];
    if (elapsed.count() < size && size > 1) continue;
    std::string text = std::to_string(elapsed.count() / size) + unit;
    const auto rest = i + 1 < kUnits.size() ? elapsed.count() % size / kUnits[i + 1].first : 0;
    return rest == 0 ? text : text + ' ' + std::to_string(rest) + kUnits[i + 1].second;
  }
  return {};
}

std::string age_words(std::optional<WallTime> learned, WallTime now, std::string_view never) {
  if (!learned) return std::string{never};
  if (*learned > now) return format_utc(*learned) + ", which is still to come";
  return elapsed_text(now - *learned) + " ago";
}

ConditionAnswer age(std::string_view what, std::chrono::seconds limit, std::string actual, TimedTruth answer) {
  return {std::string{what} + " less than " + age_to_text(limit) + " ago", std::move(actual), answer};
}

std::string hours_words(const WeeklyHours& hours) {
  const auto windows = join_each(hours.windows, [](const HoursWindow& window) {
    return days_to_text(window.days) + ' ' + time_range_to_text(window.from, window.to);
  });
  return windows + (hours.zone ? ' ' + hours.zone->name() : std::string{});
}

/// "Fri 19:05 in Europe/Madrid"
std::string local_time(const WeeklyHours& hours, WallTime now) {
  constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const auto offset = hours.zone ? hours.zone->at(now) : std::nullopt;
  if (!offset) return "unknown";
  const auto local = now + offset->utc;
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const auto clock = format_utc(local).substr(11, 5);
  return std::string{kDays[std::chrono::weekday{day}.c_encoding()]} + ' ' + clock + " in " + hours.zone->name();
}

}  // namespace

std::string join_some(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < std::min(items.size(), kMaxListed); ++i) text += (i == 0 ? "" : ", ") + items[i];
  if (items.size() > kMaxListed) text += " and " + std::to_string(items.size() - kMaxListed) + " more";
  return text;
}

ConditionAnswer ConditionText::posture(const Guard& guard) const {
  return {names_of_postures(*guard.posture), posture_of(*guard.posture), judge_.posture(guard, now_)};
}

ConditionAnswer ConditionText::during(const Guard& guard) const {
  return {"during " + hours(*guard.during), local_times(*guard.during), judge_.during(guard, now_)};
}

ConditionAnswer ConditionText::outside(const Guard& guard) const {
  return {"outside of " + hours(*guard.outside), local_times(*guard.outside), judge_.outside(guard, now_)};
}

ConditionAnswer ConditionText::key_age(const Guard& guard) const {
  return age("the device key proved", *guard.key_age, age_words(evidence_.key_proved, now_, "unknown"),
             judge_.key_age(guard, now_));
}

ConditionAnswer ConditionText::proof_age(const Guard& guard) const {
  return age("the person's presence proved", *guard.proof_age,
             age_words(evidence_.user_proved, now_, "never, as far as is known"), judge_.proof_age(guard, now_));
}

ConditionAnswer ConditionText::revocation_age(const Guard& guard) const {
  return age("the revocation list issued", *guard.revocation_age,
             age_words(evidence_.revocation_as_of, now_, "unknown"), judge_.revocation_age(guard, now_));
}

std::string ConditionText::names_of_postures(const std::vector<std::uint32_t>& indices) const {
  return join_each(indices, [this](std::uint32_t index) { return policy_.document.postures[index].name; });
}

std::string ConditionText::posture_of(const std::vector<std::uint32_t>& indices) const {
  const auto& known = evidence_.posture;
  if (known.satisfied) {
    if (known.satisfied->empty()) return "satisfies no check (assumed)";
    return "satisfies " + join_some(*known.satisfied) + " (assumed)";
  }
  if (!known.report) return "unknown: this device has reported nothing";
  const auto reported = "reported " + age_words(known.reported, now_, "unknown");
  return reported + "; " +
         join_each(indices, [this](std::uint32_t index) { return lines_of(policy_.document.postures[index]); });
}

std::string ConditionText::lines_of(const PolicyPosture& posture) const {
  std::vector<std::string> wrong;
  for (const auto& line : compare(posture.check, *evidence_.posture.report)) {
    if (line.truth != Truth::Yes) wrong.push_back(line.key + " is " + line.actual + ", asked is " + line.required);
  }
  const auto& limit = posture.check.reported_within;
  const bool old = limit && judge_age(evidence_.posture.reported, *limit, now_).truth != Truth::Yes;
  if (old) wrong.push_back("the report is older than " + age_to_text(*limit));
  return posture.name + (wrong.empty() ? " holds" : ": " + join_some(wrong));
}

std::string ConditionText::hours(const std::vector<std::uint32_t>& indices) const {
  return join_each(indices, [this](std::uint32_t index) {
    const auto& each = policy_.document.hours[index];
    return each.name + " (" + hours_words(each.hours) + ')';
  });
}

std::string ConditionText::local_times(const std::vector<std::uint32_t>& indices) const {
  if (!evidence_.hours_known) return "unknown: the time of day is left open";
  std::vector<std::string> times;
  for (const auto index : indices) {
    auto time = local_time(policy_.document.hours[index].hours, now_);
    if (std::find(times.begin(), times.end(), time) == times.end()) times.push_back(std::move(time));
  }
  return join_some(times);
}

}  // namespace sallyport
