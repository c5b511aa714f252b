#include "server/policy/analysis/evidence_trial.hpp"

#include "server/policy/condition_text.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace sallyport {
namespace {

/// How many openings, ends and dates ahead are tried together with other changes.
constexpr std::size_t kMaxTimes = 100;
/// How far hours are followed: each of a week once, whatever the clocks do.
constexpr std::chrono::days kAhead{8};

}  // namespace

void move_to(Trial& trial, WallTime time) {
  const auto later = time - trial.now;
  auto& evidence = trial.evidence;
  for (auto* learned : {&evidence.key_proved, &evidence.user_proved, &evidence.revocation_as_of}) {
    if (*learned) *learned = **learned + later;
  }
  evidence.posture.reported += later;
  evidence.hours_known = true;
  trial.now = time;
}

void TrialOptions::visit_turns(const std::function<bool(WallTime)>& visit) const {
  std::set<std::pair<WallTime, std::uint32_t>> next;  // and of which hours, or of none
  constexpr auto kDate = std::numeric_limits<std::uint32_t>::max();
  const auto follow = [&](std::uint32_t hours, WallTime time) {
    const auto turn = policy_.document.hours[hours].hours.at(time).until;
    if (turn < asked_.now + kAhead) next.insert({turn, hours});
  };
  for (const auto hours : hours_) follow(hours, asked_.now);
  for (const auto date : dates_) {
    if (date > asked_.now) next.insert({date, kDate});
  }
  while (!next.empty()) {
    const auto time = next.begin()->first;
    while (!next.empty() && next.begin()->first == time) {
      const auto hours = next.begin()->second;
      next.erase(next.begin());
      if (hours != kDate) follow(hours, time);
    }
    if (visit(time)) return;
  }
}

/// The next opening and the next end of each of the hours, and what other hours do right after; ascending.
std::vector<WallTime> TrialOptions::turning_times() const {
  std::set<WallTime> times;
  for (const auto date : dates_) {
    if (date > asked_.now) times.insert(date);
  }
  const auto turn_after = [this](std::uint32_t hours, WallTime time) {
    return policy_.document.hours[hours].hours.at(time).until;
  };
  for (const auto hours : hours_) {
    auto time = asked_.now;
    for (int turns = 0; turns < 2 && time != kNever; ++turns) {
      time = turn_after(hours, time);
      if (time != kNever) times.insert(time);
    }
  }
  for (const auto time : std::vector<WallTime>{times.begin(), times.end()}) {
    for (const auto hours : hours_) {
      if (times.size() >= kMaxTimes) break;
      if (const auto next = turn_after(hours, time); next != kNever) times.insert(next);
    }
  }
  return {times.begin(), times.end()};
}

std::string TrialOptions::time_words(WallTime time) const {
  std::vector<std::string> turns;
  for (const auto index : hours_) {
    const auto& hours = policy_.document.hours[index];
    const auto before = hours.hours.at(time - std::chrono::seconds{1});
    const auto after = hours.hours.at(time);
    if (before.open != after.open) turns.push_back(hours.name + (after.open ? " opens" : " ends"));
  }
  return format_utc(time) + (turns.empty() ? std::string{} : " (" + join_some(turns) + ')');
}

TrialOption TrialOptions::at(WallTime time) const {
  if (time == asked_.now)
    return {{"at", "any time of day", format_utc(time)}, [time](Trial& trial) { move_to(trial, time); }};
  return {{"at", format_utc(asked_.now), time_words(time)}, [time](Trial& trial) { move_to(trial, time); }};
}

void TrialOptions::append_times(Options& out) const {
  if (!asked_.evidence.hours_known && !hours_.empty()) out.push_back(at(asked_.now));
  for (const auto time : turning_times()) out.push_back(at(time));
}

}  // namespace sallyport
