#include "server/policy/time_zone.hpp"
#include "common/base/file.hpp"
#include "server/policy/zone_names.hpp"
#include "tests/unit/server/policy/system_zone.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace sallyport {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const WallTime kStart = *parse_utc("1970-01-01");
const WallTime kEnd = *parse_utc("2200-01-01");

std::vector<std::string> every_zone() {
  const std::string root = "/usr/share/zoneinfo/";
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{root}) {
    auto name = entry.path().string().substr(root.size());
    if (entry.is_regular_file() && is_zone_name(name)) names.push_back(std::move(name));
  }
  return names;
}

std::shared_ptr<const TimeZone> load(const std::string& name) {
  const auto zone = TimeZone::load(name);
  EXPECT_TRUE(zone.has_value()) << name << ": " << zone.error().message;
  return zone.value_or(nullptr);
}

/// Every span of one offset: its two ends and some points within.
void compare_spans(const TimeZone& zone, const SystemZone& system) {
  for (WallTime at = kStart; at < kEnd;) {
    const auto span = zone.at(at);
    ASSERT_TRUE(span.has_value()) << zone.name() << ' ' << format_utc(at);
    ASSERT_EQ(span->begin, at) << zone.name() << ' ' << format_utc(at);
    ASSERT_GT(span->end, at);
    for (int part = 0; part <= 8; ++part) {
      const auto point = std::min(at + (span->end - at) * part / 8, span->end - seconds{1});
      ASSERT_EQ(span->utc, system.utc_offset(point)) << zone.name() << ' ' << format_utc(point);
      ASSERT_EQ(zone.at(point)->begin, span->begin) << zone.name() << ' ' << format_utc(point);
    }
    at = span->end;
  }
}

TEST(TimeZone, AgreesWithTheCLibraryOnEveryZoneUntil2200) {
  const auto names = every_zone();
  ASSERT_GT(names.size(), 300U);
  for (const auto& name : names) {
    const auto zone = load(name);
    ASSERT_TRUE(zone);
    compare_spans(*zone, SystemZone{name});
    if (HasFatalFailure()) return;
  }
}

TEST(TimeZone, MissesNoChangeOfTheClocks) {
  for (const auto* name : {"Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
                           "America/Sao_Paulo", "Pacific/Apia", "America/Nuuk", "Europe/Dublin"}) {
    const auto zone = load(name);
    ASSERT_TRUE(zone);
    const SystemZone system{name};
    for (auto at = kStart; at < kEnd; at += hours{31}) {
      ASSERT_EQ(zone->at(at)->utc, system.utc_offset(at)) << name << ' ' << format_utc(at);
    }
  }
}

TEST(TimeZone, KnowsNothingBeforeItsFirstYearAndAfterItsLast) {
  const auto zone = load("Europe/Madrid");
  ASSERT_TRUE(zone);
  EXPECT_FALSE(zone->at(kStart - seconds{1}).has_value());
  EXPECT_TRUE(zone->at(kStart).has_value());
  EXPECT_TRUE(zone->at(kEnd - seconds{1}).has_value());
  EXPECT_FALSE(zone->at(kEnd).has_value());
  EXPECT_FALSE(zone->at(kNever).has_value());
  EXPECT_FALSE(zone->at(WallTime::min()).has_value());
  EXPECT_EQ(zone->known_again(WallTime::min()), kStart);
  EXPECT_EQ(zone->known_again(kEnd), kNever);
}

TEST(TimeZone, EndsWithTheLastChangeOfAFileThatGivesNoRule) {
  const ZoneFile file{hours{1}, {{*parse_utc("2001-01-01"), hours{2}}, {*parse_utc("2002-01-01"), hours{3}}}, ""};
  const auto zone = TimeZone::from_file("X", file);
  ASSERT_TRUE(zone.has_value());
  EXPECT_EQ(zone->at(*parse_utc("2001-12-31"))->utc, hours{2});
  EXPECT_EQ(zone->at(*parse_utc("2001-12-31"))->end, *parse_utc("2002-01-01"));
  EXPECT_FALSE(zone->at(*parse_utc("2002-01-01")).has_value());
  EXPECT_FALSE(TimeZone::from_file("X", ZoneFile{hours{1}, {}, ""}).has_value());
}

TEST(TimeZone, FollowsARuleFromTheLastListedChangeOn) {
  // Permanent summer time as RFC 8536 writes it: each year's winter has no length.
  const ZoneFile file{hours{0}, {{*parse_utc("2010-01-01"), -hours{4}}}, "XXX3EDT4,0/0,J365/23"};
  const auto zone = TimeZone::from_file("X", file);
  ASSERT_TRUE(zone.has_value());
  const auto span = zone->at(*parse_utc("2100-06-01"));
  ASSERT_TRUE(span.has_value());
  EXPECT_EQ(span->utc, -hours{4});
  EXPECT_EQ(span->begin, *parse_utc("2010-01-01"));
}

TEST(TimeZone, SuggestsTheZoneThatWasMeant) {
  const auto hint = [](std::string_view name) {
    const auto zone = TimeZone::load(name);
    return zone ? "loaded" : zone.error().hint;
  };
  EXPECT_EQ(hint("Europe/Madird"), "did you mean \"Europe/Madrid\"?");
  EXPECT_EQ(hint("europe/madrid"), "did you mean \"Europe/Madrid\"?");
  EXPECT_EQ(hint("Madrid"), "did you mean \"Europe/Madrid\"?");
  EXPECT_EQ(hint("new york"), "did you mean \"America/New_York\"?");
  EXPECT_EQ(hint("utc"), "did you mean \"UTC\"?");
  EXPECT_NE(hint("Nowhere at all, or beyond").find("\"Europe/Madrid\""), std::string::npos);
}

TEST(TimeZone, ReadsNothingThatIsNoZone) {
  const std::vector<std::string> bad{"",
                                     "/",
                                     "Europe",
                                     "Europe/",
                                     "/Europe/Madrid",
                                     "Europe//Madrid",
                                     "../passwd",
                                     "Factory",
                                     "US/../X",
                                     "Europe/Madrid ",
                                     "tzdata.zi",
                                     "zone.tab",
                                     "localtime",
                                     "posixrules",
                                     "posix/Europe/Madrid",
                                     "right/Europe/Madrid",
                                     "../../../etc/passwd",
                                     "Europe/../../../../etc/passwd",
                                     std::string(100'000, 'A')};
  for (const auto& name : bad) EXPECT_FALSE(TimeZone::load(name).has_value()) << name.substr(0, 40);
  EXPECT_EQ(TimeZone::load("\x1b[2J").error().message.find('\x1b'), std::string::npos);
  EXPECT_LT(TimeZone::load(std::string(100'000, 'A')).error().message.size(), 200U);
}

TEST(ZoneFile, RefusesAFileThatIsCutShort) {
  const auto content = read_file(zone_path("Europe/Madrid"));
  ASSERT_TRUE(content.has_value());
  ASSERT_TRUE(ZoneFile::parse(as_bytes(*content)).has_value());
  for (std::size_t size = 0; size < content->size(); ++size) {
    ASSERT_FALSE(ZoneFile::parse(as_bytes(*content).first(size)).has_value()) << size;
  }
}

TEST(ZoneFile, SurvivesAnyOctetInAnyPlace) {
  auto content = *read_file(zone_path("Asia/Kolkata"));
  for (std::size_t at = 0; at < content.size(); ++at) {
    const char whole = content[at];
    for (const unsigned octet : {0x00U, 0x01U, 0x0aU, 0x7fU, 0x80U, 0xffU}) {
      content[at] = static_cast<char>(octet);
      const auto file = ZoneFile::parse(as_bytes(content));
      const auto zone = file ? TimeZone::from_file("X", *file) : std::nullopt;
      EXPECT_TRUE(!zone || zone->at(kStart).has_value()) << at;
    }
    content[at] = whole;
  }
}

TEST(ZoneFile, RefusesClocksThatCountLeapSeconds) {
  const auto content = read_file("/usr/share/zoneinfo/right/Europe/Madrid");
  if (!content) GTEST_SKIP() << "this system has no such file";
  EXPECT_FALSE(ZoneFile::parse(as_bytes(*content)).has_value());
}

TEST(ZoneRule, ReadsTheFormsOfTheDatabase) {
  using std::chrono::year;
  const auto changes = [](std::string_view text, int in) {
    const auto rule = ZoneRule::parse(text);
    if (!rule) return std::string{"unread"};
    if (!rule->changes()) return std::string{"constant"};
    std::string out;
    for (const auto& change : rule->changes_in(year{in})) {
      out += format_utc(change.at) + ' ' + std::to_string(change.utc.count()) + ' ';
    }
    return out;
  };
  EXPECT_EQ(changes("IST-5:30", 2030), "constant");
  EXPECT_EQ(changes("<+13>-13", 2030), "constant");
  EXPECT_EQ(changes("CET-1CEST,M3.5.0,M10.5.0/3", 2050), "2050-03-27T01:00:00Z 7200 2050-10-30T01:00:00Z 3600 ");
  EXPECT_EQ(changes("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2026),
            "2026-04-04T15:00:00Z 37800 2026-10-03T15:30:00Z 39600 ");
  EXPECT_EQ(changes("IST-1GMT0,M10.5.0,M3.5.0/1", 2026), "2026-03-29T01:00:00Z 3600 2026-10-25T01:00:00Z 0 ");
  EXPECT_EQ(changes("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026), "2026-03-29T01:00:00Z -3600 2026-10-25T01:00:00Z -7200 ");
  EXPECT_EQ(changes("AAA0BBB,J60,300/167:59:59", 2024), "2024-03-01T02:00:00Z 3600 2024-11-02T22:59:59Z 0 ");
}

TEST(ZoneRule, RefusesWhatItCannotFollow) {
  for (const auto* bad : {"",
                          "CET",
                          "CE-1",
                          "CET-",
                          "CET-1CEST",
                          "CET-1CEST,",
                          "CET-1CEST,M3.5.0",
                          "CET-1CEST,M3.5.0,",
                          "<+01-1",
                          "CET-168",
                          "CET-1:60",
                          "CET-1:00:60",
                          "CET-1CEST,M0.5.0,M10.5.0",
                          "CET-1CEST,M13.5.0,M10.5.0",
                          "CET-1CEST,M3.0.0,M10.5.0",
                          "CET-1CEST,M3.6.0,M10.5.0",
                          "CET-1CEST,M3.5.7,M10.5.0",
                          "CET-1CEST,J0,J100",
                          "CET-1CEST,366,J100",
                          "CET-1CEST,M3.5.0/168,M10.5.0",
                          "CET-1CEST,M3.5.0,M10.5.0 ",
                          "CET-99999999999999999999",
                          ":Europe/Madrid",
                          "CET-1CEST;M3.5.0;M10.5.0"}) {
    EXPECT_FALSE(ZoneRule::parse(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace sallyport
