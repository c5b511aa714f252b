#include "common/log/audit.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>

namespace sallyport {
namespace {

AuditRecord record_of(std::string event) {
  AuditRecord record;
  record.time = parse_utc("2026-11-21T05:23:00Z").value();
  record.event = std::move(event);
  return record;
}

TEST(AuditLine, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(to_json_line(record_of("gateway.start")),
            "{\"time\":\"2026-11-21T05:23:00Z\",\"event\":\"gateway.start\"}\n");
}

TEST(AuditLine, HoldsWhoWhatAndWhy) {
  auto record = record_of("flow.denied");
  record.user = "ana@example.com";
  record.session = SessionId{7};
  record.destination = "10.20.4.10:25/tcp";
  record.verdict = "deny";
  record.policy = "4f2a";
  EXPECT_EQ(to_json_line(record),
            "{\"time\":\"2026-11-21T05:23:00Z\",\"event\":\"flow.denied\",\"user\":\"ana@example.com\",\"session\":7,"
            "\"destination\":\"10.20.4.10:25/tcp\",\"verdict\":\"deny\",\"policy\":\"4f2a\"}\n");
}

TEST(AuditLine, ParsesAndStaysPrintableWhateverPeersPutIn) {
  std::mt19937 random{3};
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 400, '\0');
    for (char& c : text) c = static_cast<char>(random() & 0xffU);
    auto record = record_of("session.refused");
    record.user = record.device = record.reason = record.reference = text;
    const auto line = to_json_line(record);
    ASSERT_EQ(line.find('\n'), line.size() - 1);
    for (const char c : line.substr(0, line.size() - 1)) ASSERT_TRUE(c >= 0x20 && c < 0x7f) << line;
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(parsed.is_object()) << line;
    ASSERT_LE(parsed.value("user", "").size(), 256U);
  }
}

TEST(AuditRecord, SaysWhichChecksTurnedAndThatItIsTheDevicesOwnWord) {
  auto record = record_of("posture.changed");
  record.checks = {{"healthy", "fails"}, {"managed\n", "holds"}};
  record.self_reported = true;
  const auto json = nlohmann::json::parse(to_json_line(record));
  EXPECT_EQ(json["checks"], (nlohmann::json{{"healthy", "fails"}, {"managed\\x0a", "holds"}}));
  EXPECT_EQ(json["self_reported"], true);
  EXPECT_FALSE(nlohmann::json::parse(to_json_line(record_of("session.open"))).contains("self_reported"));
}

TEST(AuditRecord, SaysHowOldTheEvidenceWas) {
  auto record = record_of("session.open");
  record.evidence = AuditEvidence{.key_age = std::chrono::seconds{3}, .certificate_left = std::chrono::seconds{-60}};
  const auto json = nlohmann::json::parse(to_json_line(record));
  EXPECT_EQ(json["evidence"], (nlohmann::json{{"key_age", 3},
                                              {"posture_age", nullptr},
                                              {"proof_age", nullptr},
                                              {"revocation_age", nullptr},
                                              {"certificate_left", -60}}));
  EXPECT_FALSE(nlohmann::json::parse(to_json_line(record_of("policy.apply"))).contains("evidence"));
}

}  // namespace
}  // namespace sallyport
