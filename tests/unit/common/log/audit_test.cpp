#include "common/log/audit.hpp"

#include "tests/support/temporary_directory.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>
#include <vector>

namespace sallyport {
namespace {

AuditRecord record_of(std::string event) {
  AuditRecord record;
  record.time = parse_utc("2026-11-21T05:23:00Z").value();
  record.event = std::move(event);
  return record;
}

class AuditFileTest : public testing::Test {
 protected:
  std::unique_ptr<AuditFile> open() { return AuditFile::open(path).value(); }
  std::string content() const {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
  }
  std::vector<nlohmann::json> lines() const {
    std::vector<nlohmann::json> all;
    std::istringstream text{content()};
    for (std::string line; std::getline(text, line);) all.push_back(nlohmann::json::parse(line, nullptr, false));
    return all;
  }

  TemporaryDirectory directory;
  std::string path = directory.file("audit.jsonl");
};

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

TEST_F(AuditFileTest, AddsToWhatIsThere) {
  ASSERT_TRUE(open()->append(record_of("first")).has_value());
  ASSERT_TRUE(open()->append(record_of("second")).has_value());
  const auto all = lines();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].at("event"), "first");
  EXPECT_EQ(all[1].at("event"), "second");
}

TEST_F(AuditFileTest, IsForItsOwnerAlone) {
  const auto audit = open();
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(AuditFileTest, RefusesAFileThatOthersMayRead) {
  open();
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  const auto refused = AuditFile::open(path);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("chmod 600"), std::string::npos);
}

TEST_F(AuditFileTest, RefusesALinkAndAnythingThatIsNoFile) {
  open();
  std::filesystem::create_symlink(path, directory.file("link"));
  EXPECT_FALSE(AuditFile::open(directory.file("link")).has_value());
  EXPECT_FALSE(AuditFile::open(directory.path()).has_value());
  ASSERT_EQ(::mkfifo(directory.file("pipe").c_str(), 0600), 0);
  EXPECT_FALSE(AuditFile::open(directory.file("pipe")).has_value());
}

TEST_F(AuditFileTest, StartsALineOfItsOwnAfterHalfALine) {
  const auto audit = open();
  std::ofstream{path, std::ios::app} << "{\"time\":\"2026-";
  ASSERT_TRUE(audit->append(record_of("after")).has_value());
  const auto all = lines();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].at("event"), "after");
}

TEST_F(AuditFileTest, ReportsARecordThatDoesNotFitAndTakesItBackWhole) {
  const auto audit = open();
  ASSERT_TRUE(audit->append(record_of("fits")).has_value());
  const auto before = content();
  // A limit on the size of files stands for a full disk: the next write is cut short, then fails.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  const rlimit nearly_full{before.size() + 10, unlimited.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &nearly_full), 0);
  const auto refused = audit->append(record_of("does-not-fit"));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &unlimited), 0);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(content(), before);
  EXPECT_TRUE(audit->append(record_of("fits-again")).has_value());
  EXPECT_EQ(lines().size(), 2U);
}

TEST_F(AuditFileTest, FollowsThePathAfterRotation) {
  const auto audit = open();
  std::filesystem::rename(path, directory.file("old"));
  ASSERT_TRUE(audit->append(record_of("old")).has_value());
  ASSERT_TRUE(audit->reopen().has_value());
  ASSERT_TRUE(audit->append(record_of("new")).has_value());
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_EQ(lines()[0].at("event"), "new");
}

TEST_F(AuditFileTest, MixesNoRecordsOfManyThreads) {
  const auto audit = open();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&audit] {
      for (int n = 0; n < 200; ++n) EXPECT_TRUE(audit->append(record_of("session.open")).has_value());
    });
  }
  for (auto& thread : threads) thread.join();
  const auto all = lines();
  EXPECT_EQ(all.size(), 800U);
  for (const auto& line : all) EXPECT_TRUE(line.is_object());
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

}  // namespace
}  // namespace sallyport
