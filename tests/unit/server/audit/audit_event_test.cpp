#include "server/audit/audit_event.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

namespace sallyport {
namespace {

TEST(AuditEvents, AreAllInTheDocumentAndItNamesNoOther) {
  std::ifstream file{std::string{SALLYPORT_SOURCE_ROOT} + "/docs/audit.md"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto begin = text.find("## 3. Events");
  const auto section = text.substr(begin, text.find("## 4.", begin) - begin);
  std::set<std::string> documented;
  // The first column: names in backquotes at the beginning of a row.
  for (std::size_t row = section.find("\n| `"); row != std::string::npos; row = section.find("\n| `", row + 1)) {
    const auto cell = section.substr(row + 3, section.find(" |", row + 3) - row - 3);
    for (std::size_t at = cell.find('`'); at != std::string::npos; at = cell.find('`', at)) {
      const auto end = cell.find('`', at + 1);
      documented.insert(cell.substr(at + 1, end - at - 1));
      at = end + 1;
    }
  }
  std::set<std::string> known;
  for (const auto& kind : audit_event_kinds()) known.emplace(kind.name);
  EXPECT_EQ(known, documented);
  EXPECT_EQ(known.size(), audit_event_kinds().size()) << "each once";
}

TEST(AuditEvents, SayWhatARecordLacks) {
  nlohmann::json record{
      {"seq", 1},    {"prev", ""}, {"time", ""}, {"event", "token.created"}, {"user", "ana"}, {"reference", "58d0a3c1"},
      {"by", "root"}};
  EXPECT_EQ(problem_of_record(record), "");
  record.erase("by");
  EXPECT_EQ(problem_of_record(record), "token.created has no by");
  record["event"] = "token.stolen";
  EXPECT_EQ(problem_of_record(record), "token.stolen is no event that is known");
  EXPECT_EQ(problem_of_record("text"), "is no record");
}

TEST(AuditEvents, ThatGiveRightsAreOnDiskBeforeTheyAreAnswered) {
  for (const char* name : {"device.enrolled", "device.enabled", "device.renewed", "token.created", "policy.apply"})
    EXPECT_TRUE(find_audit_event(name)->is_on_disk) << name;
  EXPECT_FALSE(find_audit_event("session.open")->is_on_disk) << "a thousand laptops would wait for a thousand syncs";
}

TEST(AuditEvents, OfSessionsCarryWhoByWhatAndHowFreshThatWas) {
  for (const auto& kind : audit_event_kinds()) {
    if (!kind.name.starts_with("session.") && !kind.name.starts_with("flow.") && !kind.name.starts_with("attestation."))
      continue;
    for (const char* member : {"user", "device", "serial", "session", "source", "policy", "evidence"})
      EXPECT_NE(std::find(kind.carries.begin(), kind.carries.end(), member), kind.carries.end())
          << kind.name << ' ' << member;
  }
}

}  // namespace
}  // namespace sallyport
