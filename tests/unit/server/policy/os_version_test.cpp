#include "server/policy/os_version.hpp"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <vector>

namespace sallyport {
namespace {

OsVersion version(std::string_view text) { return *OsVersion::parse(text); }

std::string range(std::string_view text) {
  const auto parsed = VersionRange::parse(text);
  return parsed ? parsed->to_string() : parsed.error();
}

bool admits(std::string_view text, std::string_view number) {
  return VersionRange::parse(text)->contains(version(number));
}

TEST(OsVersion, ComparesNumberByNumber) {
  const std::vector<std::string> ascending{"0",      "0.0.1",      "2",    "9.99", "10",
                                           "10.0.1", "10.0.22631", "10.1", "12",   "999999999"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_EQ(version(ascending[i]) <=> version(ascending[j]), i <=> j) << ascending[i] << ' ' << ascending[j];
    }
  }
}

TEST(OsVersion, CountsAMissingNumberAsZero) {
  EXPECT_EQ(version("12"), version("12.0"));
  EXPECT_EQ(version("0"), version("0.0.0"));
  EXPECT_LT(version("12"), version("12.0.1"));
}

TEST(OsVersion, PrintsWhatItReads) {
  EXPECT_EQ(OsVersion{}.to_string(), "0");
  EXPECT_EQ(OsVersion{}, version("0"));
  for (const auto* text : {"12", "12.0", "10.0.22631", "14.5", "0", "1.2.3.4.5.6.7.8"}) {
    EXPECT_EQ(version(text).to_string(), text);
  }
}

TEST(OsVersion, RefusesWhatItCannotCompare) {
  for (const auto* bad : {"", ".", "12.", ".12", "1..2", "12a", "bookworm", "v12", "-1", "+1", " 12", "12 ", "01",
                          "1.00", "1000000000", "1.2.3.4.5.6.7.8.9", "12-1", "\x1b[2J", "1,2"}) {
    ASSERT_FALSE(OsVersion::parse(bad).has_value()) << bad;
    EXPECT_EQ(OsVersion::parse(bad).error().find('\x1b'), std::string::npos);
  }
}

TEST(OsVersion, TakesTheNumbersOfAKernelsRelease) {
  EXPECT_EQ(OsVersion::parse_kernel("6.1.0-28-amd64")->to_string(), "6.1.0");
  EXPECT_EQ(OsVersion::parse_kernel("6.12.9+bpo-amd64")->to_string(), "6.12.9");
  EXPECT_EQ(OsVersion::parse_kernel("23.5.0")->to_string(), "23.5.0");
  for (const auto* bad : {"", "-", "amd64", "6.1.x-1", "6.1.0rc1"}) {
    EXPECT_FALSE(OsVersion::parse_kernel(bad).has_value()) << bad;
  }
}

struct RangeCase {
  const char* range;
  std::vector<const char*> inside;
  std::vector<const char*> outside;
};

class VersionRangeTable : public testing::TestWithParam<RangeCase> {};

TEST_P(VersionRangeTable, HoldsForTheseVersionsOnly) {
  const auto& row = GetParam();
  for (const auto* number : row.inside) EXPECT_TRUE(admits(row.range, number)) << row.range << ' ' << number;
  for (const auto* number : row.outside) EXPECT_FALSE(admits(row.range, number)) << row.range << ' ' << number;
}

INSTANTIATE_TEST_SUITE_P(Table, VersionRangeTable,
                         testing::Values(RangeCase{">=12", {"12", "12.0", "12.0.1", "13", "100"}, {"11", "11.99", "9"}},
                                         RangeCase{"<14", {"13.99", "0", "9"}, {"14", "14.0", "14.0.1", "15"}},
                                         RangeCase{"==12.1", {"12.1", "12.1.0"}, {"12", "12.1.1", "12.2", "12.10"}},
                                         RangeCase{">12", {"12.0.1", "13"}, {"12", "12.0", "11"}},
                                         RangeCase{"<=12", {"12", "12.0", "11.9"}, {"12.0.1", "13"}},
                                         RangeCase{">=12, <14", {"12", "13.9"}, {"11.9", "14"}},
                                         RangeCase{">=10.0.22631", {"10.0.22631", "10.1"}, {"10.0.9999", "10"}},
                                         RangeCase{">=12, <=12", {"12", "12.0"}, {"12.1", "11"}}));

TEST(VersionRange, PrintsWhatItReads) {
  for (const auto* text : {">=12", "<14", "==12.1", ">12", "<=12.0", ">=12, <14", ">=12, >13, <14"}) {
    ASSERT_EQ(range(text), text);
    EXPECT_EQ(*VersionRange::parse(range(text)), *VersionRange::parse(text));
  }
  EXPECT_EQ(range(" >= 12 ,<14 "), ">=12, <14");
  EXPECT_EQ(*VersionRange::parse(">=12"), *VersionRange::parse(">=12.0"));
  EXPECT_NE(*VersionRange::parse(">=12"), *VersionRange::parse(">12"));
}

TEST(VersionRange, SaysWhatToWriteInstead) {
  EXPECT_EQ(range("12"), R"("12" does not say which versions will do: write ">=12" or "==12")");
  EXPECT_EQ(range("=12"), R"("=12" does not say which versions will do: write ">=12" or "==12")");
  EXPECT_EQ(range("=>12"), R"("=>12" is no range of versions: did you mean ">=12"?)");
  EXPECT_EQ(range(""), R"("" is no range of versions: write ">=12", "==12.1" or ">=12, <14")");
  EXPECT_EQ(range(">=bookworm"),
            R"("bookworm" is no version: a version is numbers with dots between them, "12" or "10.0.22631")");
}

static_assert(!std::is_default_constructible_v<VersionRange>, "a range without bounds would let every version in");

TEST(VersionRange, RefusesWhatNoVersionCanBe) {
  EXPECT_EQ(range(">=14, <12"), R"(no version can be ">=14, <12": all of its bounds must hold)");
  for (const auto* bad : {">=12, <12", ">12, <=12", "==12, ==13", "==12, >12", "<0", "==12, <12", ">12, <12.0"}) {
    EXPECT_EQ(range(bad).rfind("no version can be", 0), 0U) << bad << ": " << range(bad);
  }
}

TEST(VersionRange, RefusesWhatItCannotRead) {
  for (const auto* bad : {",", ">=12,", ",>=12", ">=", ">=12 <14", "!=12", "~12", "^12", ">=12; <14", ">>12", "=<",
                          "\x1b", ">=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1,>=1"}) {
    ASSERT_FALSE(VersionRange::parse(bad).has_value()) << bad;
    EXPECT_EQ(VersionRange::parse(bad).error().find('\x1b'), std::string::npos);
  }
}

TEST(VersionRange, ComparesWithOthersByTheVersionsInThem) {
  std::vector<VersionRange> ranges;
  for (const auto* text : {">=0", "<=0", ">0", ">=12", ">12", "<12", "<=12", "==12", ">=12, <14", "<14, >=12.0",
                           ">12, <=14", ">=12, <=12", ">=13", ">=12.0.1, <13", "<10.5", ">=11, >=12, <15, <14"}) {
    ranges.push_back(VersionRange::parse(text).value());
  }
  std::vector<OsVersion> versions;
  for (const auto* text : {"0", "0.0.1", "5", "10.5", "11", "11.9", "12", "12.0.0.1", "12.0.1", "12.5", "13", "13.9",
                           "14", "14.0.1", "15", "99"}) {
    versions.push_back(version(text));
  }
  for (const auto& a : ranges) {
    for (const auto& b : ranges) {
      bool within = true;
      bool excludes = true;
      bool same = true;
      for (const auto& each : versions) {
        within = within && (!a.contains(each) || b.contains(each));
        excludes = excludes && !(a.contains(each) && b.contains(each));
        same = same && a.contains(each) == b.contains(each);
      }
      EXPECT_EQ(a.within(b), within) << a.to_string() << " in " << b.to_string();
      EXPECT_EQ(a.excludes(b), excludes) << a.to_string() << " or " << b.to_string();
      EXPECT_EQ(a.sort_key() == b.sort_key(), same) << a.to_string() << " and " << b.to_string();
    }
  }
}

}  // namespace
}  // namespace sallyport
