#include "server/policy/age_limit.hpp"
#include "server/policy/weekly_hours.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

std::string days(std::string_view text) {
  const auto parsed = parse_days(text);
  return parsed ? days_to_text(*parsed) : parsed.error();
}

std::string time_range(std::string_view text) {
  const auto parsed = parse_time_range(text);
  return parsed ? time_range_to_text(parsed->first, parsed->second) : parsed.error();
}

std::string age(std::string_view text) {
  const auto parsed = parse_age(text);
  return parsed ? age_to_text(*parsed) : parsed.error();
}

TEST(Days, ReadsTheFormsPeopleWrite) {
  EXPECT_EQ(*parse_days("mon"), 0x01);
  EXPECT_EQ(*parse_days("sun"), 0x40);
  EXPECT_EQ(*parse_days("mon-fri"), 0x1f);
  EXPECT_EQ(*parse_days("fri-mon"), 0x71);
  EXPECT_EQ(*parse_days("daily"), 0x7f);
  EXPECT_EQ(*parse_days("mon-sun"), 0x7f);
  EXPECT_EQ(*parse_days("fri-thu"), 0x7f);
  EXPECT_EQ(*parse_days("tue-tue"), 0x02);
  EXPECT_EQ(*parse_days("mon, wed-thu,sun"), 0x4d);
}

TEST(Days, PrintsEveryChoiceAsItReadsIt) {
  for (unsigned mask = 1; mask < 0x80; ++mask) {
    const auto text = days_to_text(static_cast<std::uint8_t>(mask));
    const auto again = parse_days(text);
    ASSERT_TRUE(again.has_value()) << text;
    EXPECT_EQ(*again, mask) << text;
  }
  EXPECT_EQ(days("fri-mon"), "fri-mon");
  EXPECT_EQ(days("sun,mon,wed"), "wed, sun-mon");
}

TEST(Days, SaysWhatToWriteInstead) {
  EXPECT_EQ(days("mo-fri"), R"(unknown day "mo": did you mean "mon"?)");
  EXPECT_EQ(days("Mon-Fri"), R"(unknown day "Mon": did you mean "mon"?)");
  EXPECT_EQ(days("mon-firday"), R"(unknown day "firday": write "mon-fri", "sat", "mon, wed-fri" or "daily")");
  EXPECT_EQ(days("wednesday"), R"(unknown day "wednesday": did you mean "wed"?)");
  EXPECT_EQ(days("weekdays"), R"(unknown day "weekdays": did you mean "mon-fri"?)");
  EXPECT_EQ(days("weekend"), R"(unknown day "weekend": did you mean "sat-sun"?)");
  EXPECT_EQ(days("dayly"), R"(unknown day "dayly": did you mean "daily"?)");
  EXPECT_EQ(days(" "), R"(no day is named: write "mon-fri", "sat", "mon, wed-fri" or "daily")");
  for (const auto* bad :
       {"", ",", "mon,", "mon-", "-mon", "mon-tue-wed", "daily-mon", "mon..fri", "m", "1-5", "\x1b"}) {
    ASSERT_FALSE(parse_days(bad).has_value()) << bad;
    EXPECT_EQ(parse_days(bad).error().find('\x1b'), std::string::npos);
  }
}

TEST(TimeRange, PrintsEveryRangeAsItReadsIt) {
  for (const auto* text : {"08:00-19:00", "22:00-06:00", "00:00-24:00", "23:59-24:00", "08:00-00:00", "00:00-00:01"}) {
    EXPECT_EQ(time_range(text), text);
  }
  EXPECT_EQ(*parse_time_range("22:00-06:30"), (TimeRange{hours{22}, hours{6} + minutes{30}}));
  EXPECT_EQ(*parse_time_range("00:00-24:00"), (TimeRange{hours{0}, hours{24}}));
}

TEST(TimeRange, SaysWhatToWriteInstead) {
  EXPECT_EQ(time_range("08:00-08:00"),
            R"("08:00-08:00" begins and ends at the same time: the whole day is "00:00-24:00")");
  EXPECT_EQ(time_range("24:00-06:00"), R"(24:00 ends a day and begins none: write "00:00-06:00")");
  EXPECT_EQ(
      time_range("8:00-19:00"),
      R"("8:00" is no time of day, two digits each from 00:00 to 24:00: write "08:00-19:00"; "22:00-06:00" runs past midnight)");
  EXPECT_EQ(time_range("08:00"),
            R"("08:00" is no range of time: write "08:00-19:00"; "22:00-06:00" runs past midnight)");
  for (const auto* bad :
       {"", "-", "08:00-", "-19:00", "08:00-19", "08:60-19:00", "24:01-25:00", "08:00-24:01", "08:00 - 19:00",
        "08.00-19.00", "0a:00-19:00", "08:00-19:00-20:00", "08:00-19:00pm", "24:00-24:00", "-8:00-09:00",
        "08:00\xe2\x80\x93"
        "19:00"}) {
    EXPECT_FALSE(parse_time_range(bad).has_value()) << bad;
  }
}

TEST(Age, PrintsInTheLargestUnitThatHoldsIt) {
  EXPECT_EQ(*parse_age("90s"), seconds{90});
  EXPECT_EQ(*parse_age("5m"), minutes{5});
  EXPECT_EQ(*parse_age("8h"), hours{8});
  EXPECT_EQ(*parse_age("7d"), hours{7 * 24});
  EXPECT_EQ(*parse_age("366d"), kLongestAge);
  EXPECT_EQ(age("90s"), "90s");
  EXPECT_EQ(age("60s"), "1m");
  EXPECT_EQ(age("48h"), "2d");
  EXPECT_EQ(age("25h"), "25h");
  for (unsigned count = 1; count <= 10'000; ++count) {
    ASSERT_EQ(*parse_age(age_to_text(seconds{count * 7})), seconds{count * 7});
  }
}

TEST(Age, SaysWhatToWriteInstead) {
  EXPECT_EQ(age("5min"), R"("5min" is no duration: did you mean "5m"?)");
  EXPECT_EQ(age("8 hours"), R"("8 hours" is no duration: did you mean "8h"?)");
  EXPECT_EQ(age("7D"), R"("7D" is no duration: did you mean "7d"?)");
  EXPECT_EQ(age("5"), R"("5" is no duration: write a whole number and its unit: "90s", "5m", "8h" or "7d")");
  EXPECT_EQ(age("0s"), R"("0s" has no length: the shortest duration is "1s")");
  EXPECT_EQ(age("367d"), R"("367d" is too long: the longest duration is "366d")");
  EXPECT_EQ(age("99999999d"), R"("99999999d" is too long: the longest duration is "366d")");
  for (const auto* bad :
       {"", "s", "-5m", "+5m", "1.5h", "05m", "5m ", " 5m", "1h30m", "5w", "99999999999999999999s", "m5"}) {
    EXPECT_FALSE(parse_age(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace sallyport
