#include "server/policy/weekly_hours.hpp"
#include "tests/unit/server/policy/random_policy.hpp"
#include "tests/unit/server/policy/system_zone.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bitset>
#include <random>
#include <string>
#include <vector>

namespace sallyport {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kWeek = 7 * 24 * 60;
using Week = std::bitset<kWeek>;  ///< one bit a minute, from Monday 00:00 on

/// The windows laid out minute by minute.
Week lay_out(const std::vector<HoursWindow>& windows) {
  Week week;
  for (const auto& window : windows) {
    const auto from = static_cast<std::size_t>(window.from.count());
    auto to = static_cast<std::size_t>(window.to.count());
    if (to <= from) to += 24 * 60;
    for (std::size_t day = 0; day < 7; ++day) {
      if ((window.days >> day & 1U) == 0) continue;
      for (auto minute = from; minute < to; ++minute) week.set((day * 24 * 60 + minute) % kWeek);
    }
  }
  return week;
}

std::size_t minute_of_week(const std::tm& local) {
  return static_cast<std::size_t>((local.tm_wday + 6) % 7 * 24 * 60 + local.tm_hour * 60 + local.tm_min);
}

/// What the C library's clocks show in each minute of UTC from `begin` on.
struct ClockLog {
  WallTime begin;
  std::vector<std::uint16_t> shown;  ///< minute of the week
  std::vector<WallTime> changes;     ///< of the offset

  ClockLog(const std::string& zone, WallTime from, WallTime to) : begin{from} {
    const SystemZone system{zone};
    auto offset = system.utc_offset(from);
    for (auto at = from; at < to; at += minutes{1}) {
      const auto local = system.local(at);
      shown.push_back(static_cast<std::uint16_t>(minute_of_week(local)));
      if (seconds{local.tm_gmtoff} != offset) changes.push_back(at);
      offset = seconds{local.tm_gmtoff};
    }
  }
};

/// The answer at each minute and the minute in which it ends, by reading the log backwards.
class NaiveHours {
 public:
  NaiveHours(const ClockLog& log, const Week& week) : log_{log}, open_(log.shown.size()), end_(log.shown.size()) {
    for (std::size_t i = log.shown.size(); i-- > 0;) {
      open_[i] = week[log.shown[i]];
      const bool last = i + 1 == log.shown.size();
      end_[i] = !last && open_[i] == open_[i + 1] ? end_[i + 1] : i + 1;
    }
  }

  void compare(const WeeklyHours& working, WallTime now) const {
    const auto index = static_cast<std::size_t>((now - log_.begin) / minutes{1});
    const auto state = working.at(now);
    ASSERT_TRUE(state.known) << format_utc(now);
    ASSERT_EQ(state.open, open_[index]) << format_utc(now);
    const auto until = log_.begin + minutes{end_[index]};
    if (end_[index] < open_.size()) {
      ASSERT_EQ(state.until, until) << format_utc(now) << ": " << format_utc(state.until) << ", not "
                                    << format_utc(until);
    } else {
      ASSERT_GE(state.until, until) << format_utc(now);
    }
  }

 private:
  const ClockLog& log_;
  std::vector<bool> open_;
  std::vector<std::size_t> end_;
};

class Windows {
 public:
  explicit Windows(std::uint64_t seed) : random_{seed} {}

  unsigned below(unsigned end) { return std::uniform_int_distribution<unsigned>{0, end - 1}(random_); }

  /// Few different times, half of them in the night, so that edges meet each other and the changes of the clocks.
  minutes time() { return below(2) == 0 ? minutes{30 * below(9)} : minutes{15 * below(96)}; }

  std::vector<HoursWindow> some() {
    std::vector<HoursWindow> windows(1 + below(4));
    for (auto& window : windows) {
      window = {static_cast<std::uint8_t>(1 + below(127)), time(), below(8) == 0 ? minutes{hours{24}} : time()};
      if (below(10) == 0) window = {window.days, minutes{0}, minutes{hours{24}}};
    }
    return windows;
  }

 private:
  std::mt19937 random_;
};

std::string describe(const std::vector<HoursWindow>& windows) {
  std::string text;
  for (const auto& window : windows) {
    text += days_to_text(window.days) + ' ' + time_range_to_text(window.from, window.to) + "; ";
  }
  return text;
}

void compare_year(Windows& random, const std::string& name, const char* from, const char* to) {
  const ClockLog log{name, *parse_utc(from), *parse_utc(to)};
  const auto zone = TimeZone::load(name);
  ASSERT_TRUE(zone.has_value());
  const auto length = static_cast<unsigned>(log.shown.size() * 60);
  for (unsigned round = 0; round < 12; ++round) {
    const WeeklyHours working{random.some(), *zone};
    SCOPED_TRACE(name + ": " + describe(working.windows));
    const NaiveHours naive{log, lay_out(working.windows)};
    for (unsigned i = 0; i < 500; ++i) naive.compare(working, log.begin + seconds{random.below(length)});
    for (const auto change : log.changes) {
      for (auto at = change - minutes{30 * 60}; at < change + minutes{30 * 60}; at += minutes{10}) {
        naive.compare(working, at + seconds{random.below(600)});
      }
      for (int around = -2; around <= 2; ++around) naive.compare(working, change + seconds{around});
    }
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(WeeklyHours, AgreesWithClocksReadMinuteByMinute) {
  Windows random{random_seed()};
  compare_year(random, "Europe/Madrid", "2026-01-01", "2027-01-01");
  compare_year(random, "America/New_York", "2026-01-01", "2027-01-01");
  compare_year(random, "Australia/Lord_Howe", "2026-01-01", "2027-01-01");
  compare_year(random, "Asia/Kolkata", "2026-01-01", "2026-02-01");
  compare_year(random, "America/Sao_Paulo", "2018-01-01", "2019-06-01");  // its jumps skip and repeat midnight
  compare_year(random, "Pacific/Apia", "2011-07-01", "2012-07-01");       // no 30 December 2011
  compare_year(random, "UTC", "2026-01-01", "2026-02-01");
  compare_year(random, "America/Nuuk", "2040-01-01",
               "2041-01-01");  // after the listed changes; the rule has negative hours
  compare_year(random, "Africa/Cairo", "2026-01-01", "2027-01-01");
}

WallTime utc(const char* text) { return *parse_utc(text); }

WeeklyHours in_madrid(std::vector<HoursWindow> windows) {
  return {std::move(windows), *TimeZone::load("Europe/Madrid")};
}

HoursWindow window(std::string_view days, std::string_view time) {
  const auto [from, to] = *parse_time_range(time);
  return {*parse_days(days), from, to};
}

/// "open until ..." or "closed until ...".
std::string state(const WeeklyHours& working, const char* now) {
  const auto state = working.at(utc(now));
  return std::string{!state.known ? "unknown" : state.open ? "open" : "closed"} + " until " + format_utc(state.until);
}

TEST(WeeklyHours, BeginsAndEndsAWindowWithTheJumpThatSkipsItsEdge) {
  const auto begins = in_madrid({window("sun", "02:30-04:00")});  // on 29 March 2026, 02:00 is 03:00
  EXPECT_EQ(state(begins, "2026-03-29T00:59:59Z"), "closed until 2026-03-29T01:00:00Z");
  EXPECT_EQ(state(begins, "2026-03-29T01:00:00Z"), "open until 2026-03-29T02:00:00Z");
  const auto ends = in_madrid({window("sun", "01:00-02:30")});
  EXPECT_EQ(state(ends, "2026-03-29T00:30:00Z"), "open until 2026-03-29T01:00:00Z");
  const auto skipped = in_madrid({window("sun", "02:15-02:45")});
  EXPECT_EQ(state(skipped, "2026-03-29T00:00:00Z"), "closed until 2026-04-05T00:15:00Z");
}

TEST(WeeklyHours, CountsARepeatedHourTwice) {
  const auto once = in_madrid({window("sun", "02:00-02:30")});  // on 25 October 2026, 03:00 is 02:00 again
  EXPECT_EQ(state(once, "2026-10-25T00:00:00Z"), "open until 2026-10-25T00:30:00Z");
  EXPECT_EQ(state(once, "2026-10-25T00:30:00Z"), "closed until 2026-10-25T01:00:00Z");
  EXPECT_EQ(state(once, "2026-10-25T01:00:00Z"), "open until 2026-10-25T01:30:00Z");
  const auto through = in_madrid({window("sat", "22:00-06:00")});
  EXPECT_EQ(state(through, "2026-10-24T20:00:00Z"), "open until 2026-10-25T05:00:00Z");
}

TEST(WeeklyHours, GivesAWindowPastMidnightToTheDayOnWhichItBegan) {
  const auto working = in_madrid({window("fri", "22:00-06:00")});
  EXPECT_EQ(state(working, "2026-01-09T02:00:00Z"), "closed until 2026-01-09T21:00:00Z");  // Friday, before dawn
  EXPECT_EQ(state(working, "2026-01-10T02:00:00Z"), "open until 2026-01-10T05:00:00Z");    // Saturday, before dawn
}

TEST(WeeklyHours, JoinsWindowsThatTouchOrOverlap) {
  EXPECT_EQ(state(in_madrid({window("mon", "08:00-12:00"), window("mon", "12:00-19:00")}), "2026-01-05T08:00:00Z"),
            "open until 2026-01-05T18:00:00Z");
  EXPECT_EQ(state(in_madrid({window("mon", "08:00-12:00"), window("daily", "11:00-13:00")}), "2026-01-05T08:00:00Z"),
            "open until 2026-01-05T12:00:00Z");
  EXPECT_EQ(state(in_madrid({window("mon-fri", "00:00-24:00")}), "2026-01-05T08:00:00Z"),
            "open until 2026-01-09T23:00:00Z");
  EXPECT_EQ(
      state(in_madrid({window("sat-sun", "00:00-24:00"), window("fri", "22:00-24:00"), window("mon", "00:00-06:00")}),
            "2026-01-10T08:00:00Z"),
      "open until 2026-01-12T05:00:00Z");
}

TEST(WeeklyHours, NeverEndsWhenItCoversTheWeekOrNothing) {
  EXPECT_EQ(state(in_madrid({window("daily", "00:00-24:00")}), "2026-01-05T08:00:00Z"), "open until never");
  EXPECT_EQ(state(in_madrid({window("daily", "08:00-20:00"), window("daily", "20:00-08:00")}), "2500-01-01"),
            "open until never");
  EXPECT_EQ(state(in_madrid({}), "2026-01-05T08:00:00Z"), "closed until never");
  EXPECT_EQ(state(in_madrid({HoursWindow{0, hours{8}, hours{9}}}), "2026-01-05T08:00:00Z"), "closed until never");
}

TEST(WeeklyHours, IsUnknownWhereTheZoneIs) {
  const auto working = in_madrid({window("daily", "08:00-20:00")});
  EXPECT_EQ(state(working, "1969-12-31T23:59:59Z"), "unknown until 1970-01-01T00:00:00Z");
  EXPECT_EQ(state(working, "2199-12-31T20:00:00Z"), "closed until 2200-01-01T00:00:00Z");
  EXPECT_EQ(state(working, "2200-01-01T00:00:00Z"), "unknown until never");
  EXPECT_EQ(state(WeeklyHours{{window("daily", "08:00-20:00")}, nullptr}, "2026-01-01"), "unknown until never");
  EXPECT_FALSE(working.at(kNever).known);
}

TEST(WeeklyHours, FollowsOffsetsOfOddSeconds) {
  const WeeklyHours working{{window("daily", "08:00-20:00")}, *TimeZone::load("Africa/Monrovia")};  // 44:30 west
  EXPECT_EQ(state(working, "1971-06-01T08:44:29Z"), "closed until 1971-06-01T08:44:30Z");
  EXPECT_EQ(state(working, "1971-06-01T08:44:30Z"), "open until 1971-06-01T20:44:30Z");
}

}  // namespace
}  // namespace sallyport
