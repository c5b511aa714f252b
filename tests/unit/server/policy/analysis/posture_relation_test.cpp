#include "server/policy/analysis/posture_relation.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport {
namespace {

VersionRange range(const char* text) { return VersionRange::parse(text).value(); }

std::vector<PostureCheck> some_checks() {
  std::vector<PostureCheck> checks;
  for (const auto* kernel : {"", ">=6", ">=6.1, <7", "<6", "==6.1"}) {
    for (const auto* debian : {"", ">=12", ">12", "<12"}) {
      for (const auto* fedora : {"", ">=40"}) {
        for (const int firewall : {-1, 0, 1}) {
          PostureCheck check;
          if (*kernel != '\0') check.kernel = range(kernel);
          if (*debian != '\0') check.os.emplace("debian", range(debian));
          if (*fedora != '\0') check.os.emplace("fedora", range(fedora));
          if (firewall >= 0) check.facts["firewall"] = firewall == 1;
          checks.push_back(check);
          check.processes = {"falcon"};
          checks.push_back(check);
          check.files = {"/etc/managed"};
          checks.push_back(std::move(check));
        }
      }
    }
  }
  return checks;
}

std::vector<PostureReport> some_reports() {
  std::vector<PostureReport> reports;
  for (const auto* kernel : {"", "5.10", "6.0", "6.1.0-28-amd64", "7.1"}) {
    for (const auto* os : {"", "debian", "fedora", "windows"}) {
      for (const auto* version : {"", "11", "12", "13", "40"}) {
        for (const int firewall : {-1, 0, 1}) {
          PostureReport report{os, version, kernel, {}};
          if (firewall >= 0) report.facts["firewall"] = firewall == 1;
          reports.push_back(report);
          for (const bool runs : {true, false}) {
            report.processes["falcon"] = runs;
            report.files["/etc/managed"] = true;
            reports.push_back(report);
          }
          report.processes["falcon"] = true;
          report.files["/etc/managed"] = false;
          reports.push_back(std::move(report));
        }
      }
    }
  }
  return reports;
}

TEST(PostureRelation, HoldsForEveryReport) {
  const auto checks = some_checks();
  const auto reports = some_reports();
  std::vector<std::vector<Truth>> answers;
  for (const auto& check : checks) {
    auto& row = answers.emplace_back();
    for (const auto& report : reports) row.push_back(evaluate(check, report));
  }
  for (std::size_t a = 0; a < checks.size(); ++a) {
    for (std::size_t b = 0; b < checks.size(); ++b) {
      const bool follows = lines_imply(checks[a], checks[b]);
      const bool excludes = lines_exclude(checks[a], checks[b]);
      const bool same = meaning_of(checks[a]) == meaning_of(checks[b]);
      EXPECT_EQ(same, follows && lines_imply(checks[b], checks[a]));
      bool hold_together = false;
      bool always_follows = true;
      for (std::size_t i = 0; i < reports.size(); ++i) {
        const auto one = answers[a][i];
        const auto other = answers[b][i];
        always_follows = always_follows && (one != Truth::Yes || other == Truth::Yes);
        hold_together = hold_together || (one == Truth::Yes && other == Truth::Yes);
        ASSERT_TRUE(!same || one == other);
        ASSERT_TRUE(!follows || other != Truth::No || one == Truth::No) << "what fails the laxer fails the stricter";
        ASSERT_TRUE(!excludes || one != Truth::Yes || other == Truth::No);
      }
      ASSERT_TRUE(!follows || always_follows) << meaning_of(checks[a]) << " and " << meaning_of(checks[b]);
      ASSERT_EQ(excludes, !hold_together) << meaning_of(checks[a]) << " and " << meaning_of(checks[b]);
    }
  }
}

TEST(PostureRelation, KnowsWhichReportIsYoungEnough) {
  PostureCheck any;
  PostureCheck hour;
  PostureCheck minute;
  hour.reported_within = std::chrono::hours{1};
  minute.reported_within = std::chrono::minutes{1};
  EXPECT_TRUE(is_as_fresh(minute, hour));
  EXPECT_TRUE(is_as_fresh(hour, any));
  EXPECT_FALSE(is_as_fresh(hour, minute));
  EXPECT_FALSE(is_as_fresh(any, hour));
}

}  // namespace
}  // namespace sallyport
