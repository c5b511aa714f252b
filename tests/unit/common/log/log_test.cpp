#include "common/log/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <array>
#include <random>
#include <thread>
#include <vector>

namespace sallyport {
namespace {

constexpr std::chrono::sys_time<std::chrono::milliseconds> kTime{std::chrono::milliseconds{1'795'238'580'007}};

bool is_printable_line(const std::string& line) {
  if (line.empty() || line.back() != '\n') return false;
  for (const char c : line.substr(0, line.size() - 1)) {
    if (c < 0x20 || c >= 0x7f) return false;
  }
  return true;
}

std::string random_text(std::mt19937& random) {
  std::string text(random() % 400, '\0');
  for (char& c : text) c = static_cast<char>(random() & 0xffU);
  return text;
}

class Collect : public LogSink {
 public:
  explicit Collect(std::vector<std::string>& lines) : lines_{lines} {}
  void write(const LogRecord& record) override { lines_.push_back(to_json_line(record)); }

 private:
  std::vector<std::string>& lines_;
};

TEST(JsonLogLine, HoldsTimeLevelEventWordsAndFields) {
  const std::array<LogField, 4> fields{LogField{"user", "ana@example.com"}, LogField{"session", 7U},
                                       LogField{"resumed", false}, LogField{"delta", -3}};
  EXPECT_EQ(to_json_line({kTime, Level::Notice, "session.open", "a session has begun", fields}),
            "{\"time\":\"2026-11-21T05:23:00.007Z\",\"level\":\"notice\",\"event\":\"session.open\","
            "\"message\":\"a session has begun\",\"user\":\"ana@example.com\",\"session\":7,\"resumed\":false,"
            "\"delta\":-3}\n");
}

TEST(JsonLogLine, LetsNoFieldReplaceTheEvent) {
  const std::array<LogField, 1> fields{LogField{"event", "forged"}};
  const auto line = nlohmann::json::parse(to_json_line({kTime, Level::Info, "real", "words", fields}));
  EXPECT_EQ(line.at("event"), "real");
}

TEST(JsonLogLine, ParsesAndStaysPrintableWhateverPeersPutIn) {
  std::mt19937 random{20261121};
  for (int round = 0; round < 2000; ++round) {
    const auto user = random_text(random);
    const auto words = random_text(random);
    const std::array<LogField, 2> fields{LogField{"user", user}, LogField{"peer", words}};
    const LogRecord record{kTime, Level::Warning, user, words, fields};
    const auto line = to_json_line(record);
    ASSERT_TRUE(is_printable_line(line)) << line;
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(parsed.is_object()) << line;
    ASSERT_LE(parsed.at("user").get<std::string>().size(), kMaxLogValue);
    ASSERT_TRUE(is_printable_line(to_terminal_line(record)));
  }
}

TEST(JournalFields, NamesThemForTheJournal) {
  const std::array<LogField, 2> fields{LogField{"user", "ana@example.com"}, LogField{"session", 7}};
  const auto sent = journal_fields({kTime, Level::Error, "session.open", "words", fields});
  ASSERT_EQ(sent.size(), 6U);
  EXPECT_EQ(sent[0], "MESSAGE=words");
  EXPECT_EQ(sent[1], "PRIORITY=3");
  EXPECT_EQ(sent[2].size(), std::string{"MESSAGE_ID="}.size() + 32);
  EXPECT_EQ(sent[3], "SALLYPORT_EVENT=session.open");
  EXPECT_EQ(sent[4], "SALLYPORT_USER=ana@example.com");
  EXPECT_EQ(sent[5], "SALLYPORT_SESSION=7");
}

TEST(JournalFields, GiveOneEventOneMessageId) {
  const auto id = [](std::string_view event) { return journal_fields({kTime, Level::Info, event, "", {}})[2]; };
  EXPECT_EQ(id("session.open"), id("session.open"));
  EXPECT_NE(id("session.open"), id("session.close"));
}

TEST(JournalFields, StayPrintableWhateverPeersPutIn) {
  std::mt19937 random{7};
  for (int round = 0; round < 500; ++round) {
    const auto text = random_text(random);
    const std::array<LogField, 1> fields{LogField{"user", text}};
    for (const auto& field : journal_fields({kTime, Level::Info, text, text, fields})) {
      ASSERT_TRUE(is_printable_line(field + '\n')) << field;
    }
  }
}

TEST(TerminalLogLine, IsShort) {
  const std::array<LogField, 2> fields{LogField{"file", "a.toml"}, LogField{"line", 3}};
  EXPECT_EQ(to_terminal_line({kTime, Level::Error, "config.refused", "unknown key", fields}),
            "error: unknown key (file=a.toml, line=3)\n");
}

TEST(IsJournalStream, ComparesDeviceAndInode) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  struct stat status {};
  ASSERT_EQ(::fstat(ends[1], &status), 0);
  const auto right = std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);
  EXPECT_TRUE(is_journal_stream(ends[1], right.c_str()));
  EXPECT_FALSE(is_journal_stream(ends[1], (right + "1").c_str()));
  for (const char* wrong : {"", ":", "1", "1:", "x:1", "1:1x"})
    EXPECT_FALSE(is_journal_stream(ends[1], wrong)) << wrong;
  EXPECT_FALSE(is_journal_stream(ends[1], nullptr));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Log, DropsWhatIsBelowItsThreshold) {
  std::vector<std::string> lines;
  Log log{std::make_unique<Collect>(lines), Level::Notice};
  log.event(Level::Info, "quiet", "not worth a line");
  log.event(Level::Warning, "loud", "worth a line", {{"count", 2}});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("\"count\":2"), std::string::npos);
}

TEST(Log, MixesNoLinesOfManyThreads) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  Log log{json_line_sink(ends[1])};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&log, thread] {
      for (int n = 0; n < 100; ++n) log.event(Level::Info, "test", "words", {{"thread", thread}});
    });
  }
  for (auto& thread : threads) thread.join();
  ::close(ends[1]);
  std::string all(1U << 20U, '\0');
  std::size_t size = 0;
  for (ssize_t n = 1; n > 0;) {
    n = ::read(ends[0], all.data() + size, all.size() - size);
    if (n > 0) size += static_cast<std::size_t>(n);
  }
  ::close(ends[0]);
  all.resize(size);
  std::size_t lines = 0;
  for (std::size_t at = 0; at < all.size(); ++lines) {
    const auto end = all.find('\n', at);
    ASSERT_TRUE(nlohmann::json::accept(all.substr(at, end - at)));
    at = end + 1;
  }
  EXPECT_EQ(lines, 400U);
}

}  // namespace
}  // namespace sallyport
