#include "server/policy/posture_check.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport {
namespace {

VersionRange range(std::string_view text) { return *VersionRange::parse(text); }

/// The check of the design: two facts, three systems.
PostureCheck healthy() {
  PostureCheck check;
  check.facts = {{"disk_encrypted", true}, {"firewall", true}};
  check.os.emplace("debian", range(">=12"));
  check.os.emplace("windows", range(">=10.0.22631"));
  check.os.emplace("macos", range(">=14.5"));
  check.reported_within = std::chrono::minutes{10};
  return check;
}

PostureReport good() { return {"debian", "12", "6.1.0-28-amd64", {{"disk_encrypted", true}, {"firewall", true}}}; }

std::string word(Truth truth) { return truth == Truth::Yes ? "yes" : truth == Truth::No ? "no" : "unknown"; }

/// "KEY: REQUIRED / ACTUAL: TRUTH", a line each.
std::string printed(const PostureCheck& check, const PostureReport& report) {
  std::string text;
  for (const auto& line : compare(check, report)) {
    text += line.key + ": " + line.required + " / " + line.actual + ": " + word(line.truth) + '\n';
  }
  return text;
}

struct PostureCase {
  const char* name;
  PostureReport report;
  Truth truth;
};

class PostureTable : public testing::TestWithParam<PostureCase> {};

TEST_P(PostureTable, IsJudged) { EXPECT_EQ(evaluate(healthy(), GetParam().report), GetParam().truth); }

PostureReport with_os(const char* os, const char* version) {
  auto report = good();
  report.os = os;
  report.os_version = version;
  return report;
}

PostureReport with_facts(std::map<std::string, bool, std::less<>> facts) {
  auto report = good();
  report.facts = std::move(facts);
  return report;
}

INSTANTIATE_TEST_SUITE_P(
    Table, PostureTable,
    testing::Values(PostureCase{"All", good(), Truth::Yes}, PostureCase{"NothingReported", {}, Truth::Unknown},
                    PostureCase{"FactFalse", with_facts({{"disk_encrypted", false}, {"firewall", true}}), Truth::No},
                    PostureCase{"FactAbsent", with_facts({{"firewall", true}}), Truth::Unknown},
                    PostureCase{"NoBeatsUnknown", with_facts({{"firewall", false}}), Truth::No},
                    PostureCase{"OtherFactsDoNotMatter",
                                with_facts({{"disk_encrypted", true}, {"firewall", true}, {"secure_boot", false}}),
                                Truth::Yes},
                    PostureCase{"Older", with_os("debian", "11.9"), Truth::No},
                    PostureCase{"Newer", with_os("debian", "13.1"), Truth::Yes},
                    PostureCase{"OwnRange", with_os("windows", "10.0.22000"), Truth::No},
                    PostureCase{"OtherSystem", with_os("macos", "14.5"), Truth::Yes},
                    PostureCase{"SystemNotListed", with_os("fedora", "42"), Truth::No},
                    PostureCase{"SystemNotListedWithoutVersion", with_os("fedora", ""), Truth::No},
                    PostureCase{"SystemUnknown", with_os("", "12"), Truth::Unknown},
                    PostureCase{"VersionUnknown", with_os("debian", ""), Truth::Unknown},
                    PostureCase{"VersionUnreadable", with_os("debian", "sid"), Truth::Unknown}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(PostureCheck, ShowsEachLineBesideWhatTheLaptopSays) {
  EXPECT_EQ(printed(healthy(), good()),
            "disk_encrypted: true / true: yes\n"
            "firewall: true / true: yes\n"
            "os: debian >=12 / debian 12: yes\n");
  EXPECT_EQ(printed(healthy(), {}),
            "disk_encrypted: true / unknown: unknown\n"
            "firewall: true / unknown: unknown\n"
            "os: debian >=12 or macos >=14.5 or windows >=10.0.22631 / unknown: unknown\n");
}

TEST(PostureCheck, ShowsASystemThatIsNotListedBesideThoseThatAre) {
  PostureCheck check;
  check.os = healthy().os;
  EXPECT_EQ(printed(check, with_os("fedora", "42")),
            "os: debian >=12 or macos >=14.5 or windows >=10.0.22631 / fedora 42: no\n");
  EXPECT_EQ(printed(check, with_os("debian", "")), "os: debian >=12 / debian, version unknown: unknown\n");
  EXPECT_EQ(printed(check, with_os("debian", "sid")), "os: debian >=12 / debian sid: unknown\n");
}

TEST(PostureCheck, AsksForAFactToBeFalseToo) {
  PostureCheck check;
  check.facts = {{"automatic_updates", false}};
  EXPECT_EQ(evaluate(check, with_facts({{"automatic_updates", false}})), Truth::Yes);
  EXPECT_EQ(evaluate(check, with_facts({{"automatic_updates", true}})), Truth::No);
  EXPECT_EQ(evaluate(check, with_facts({})), Truth::Unknown);
}

TEST(PostureCheck, AsksForEachProcessAndFileByItself) {
  PostureCheck check;
  check.processes = {"falcon-sensor", "osqueryd"};
  check.files = {"/etc/corp/managed"};
  auto report = good();
  EXPECT_EQ(evaluate(check, report), Truth::Unknown) << "nothing was asked yet";
  report.processes = {{"falcon-sensor", true}, {"osqueryd", true}};
  report.files = {{"/etc/corp/managed", true}};
  EXPECT_EQ(evaluate(check, report), Truth::Yes);
  report.processes.erase("osqueryd");
  EXPECT_EQ(evaluate(check, report), Truth::Unknown);
  report.files["/etc/corp/managed"] = false;
  EXPECT_EQ(evaluate(check, report), Truth::No) << "one that fails beats one that is unknown";
  EXPECT_EQ(printed(check, report),
            "process falcon-sensor: running / running: yes\n"
            "process osqueryd: running / unknown: unknown\n"
            "file /etc/corp/managed: present / absent: no\n");
}

TEST(PostureCheck, ReadsTheKernelsNumbers) {
  PostureCheck check;
  check.kernel = range(">=6.1");
  EXPECT_EQ(printed(check, good()), "kernel: >=6.1 / 6.1.0-28-amd64: yes\n");
  auto report = good();
  report.kernel_version = "5.10.0-30-amd64";
  EXPECT_EQ(evaluate(check, report), Truth::No);
  report.kernel_version = "mine";
  EXPECT_EQ(printed(check, report), "kernel: >=6.1 / mine: unknown\n");
  report.kernel_version.clear();
  EXPECT_EQ(printed(check, report), "kernel: >=6.1 / unknown: unknown\n");
}

TEST(PostureCheck, PrintsNoControlCharacterThatALaptopSends) {
  auto check = healthy();
  check.kernel = range(">=6.1");
  PostureReport report{"deb\x1b[2Jian", "1\n2", std::string(1'000, '\x07'), {}};
  for (const auto& line : compare(check, report)) {
    EXPECT_EQ(line.actual.find_first_of("\x1b\n\x07"), std::string::npos) << line.key;
    EXPECT_LT(line.actual.size(), 200U) << line.key;
  }
}

TEST(PostureCheck, JudgesAsItsLinesDo) {
  const std::vector<PostureReport> reports{good(),
                                           {},
                                           with_os("fedora", "42"),
                                           with_os("debian", "sid"),
                                           with_facts({{"firewall", false}}),
                                           with_facts({{"firewall", true}})};
  auto check = healthy();
  check.kernel = range(">=6.1");
  for (const auto& report : reports) {
    bool any_no = false;
    bool any_unknown = false;
    for (const auto& line : compare(check, report)) {
      any_no = any_no || line.truth == Truth::No;
      any_unknown = any_unknown || line.truth == Truth::Unknown;
    }
    EXPECT_EQ(evaluate(check, report), any_no ? Truth::No : any_unknown ? Truth::Unknown : Truth::Yes);
  }
}

TEST(Truth, OpensNothingAndClosesEverythingWhileUnknown) {
  EXPECT_FALSE(is_met(Truth::Unknown, RuleKind::Allow));
  EXPECT_TRUE(is_met(Truth::Unknown, RuleKind::Deny));
  EXPECT_EQ(both(Truth::Unknown, Truth::No), Truth::No);
  EXPECT_EQ(both(Truth::Unknown, Truth::Yes), Truth::Unknown);
  EXPECT_EQ(both(Truth::Yes, Truth::Yes), Truth::Yes);
}

}  // namespace
}  // namespace sallyport
