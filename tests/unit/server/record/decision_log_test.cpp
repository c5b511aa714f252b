#include "server/record/decision_log.hpp"

#include "server/record/decision_reader.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/server/record/records.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace sallyport {
namespace {

using namespace test;
using namespace std::chrono_literals;

class DecisionLogTest : public testing::Test {
 protected:
  DecisionRecord record(WallTime at = morning()) { return judged(policy_, ana(), web(), at); }
  std::size_t kept(WallTime since = WallTime{}) {
    return read_decisions(path_, since, [](const auto&) {}).value().records;
  }

  /// Oldest first; "" for a file that is not there.
  [[nodiscard]] std::vector<std::string> contents() const {
    std::vector<std::string> list;
    for (const auto& name : DecisionLog::files_of(path_)) {
      std::ifstream file{name};
      list.emplace_back(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
    }
    return list;
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.file("decisions.jsonl");
  std::shared_ptr<const Policy> policy_ = policy_of(kWebPolicy);
};

TEST_F(DecisionLogTest, KeepsRecordsInAFileThatOthersCannotRead) {
  auto log = DecisionLog::open(path_).value();
  ASSERT_TRUE(log.append(record()));
  ASSERT_TRUE(log.append(record()));
  EXPECT_EQ(kept(), 2U);
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(DecisionLogTest, RefusesAFileThatOthersMayRead) {
  std::ofstream{path_} << "";
  ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
  EXPECT_FALSE(DecisionLog::open(path_));
}

TEST_F(DecisionLogTest, NeverTakesMoreThanItsFilesOfItsSize) {
  auto log = DecisionLog::open(path_, {.file_size = 4000, .files = 3}).value();
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(log.append(record(morning() + std::chrono::seconds{i})));
  std::size_t files = 0;
  for (const auto& name : DecisionLog::files_of(path_, 10)) {
    struct stat status {};
    if (::stat(name.c_str(), &status) != 0) continue;
    ++files;
    EXPECT_LE(status.st_size, 4000);
  }
  EXPECT_EQ(files, 3U);
  WallTime last{};
  ASSERT_TRUE(read_decisions(path_, WallTime{}, [&](const DecisionRecord& each) {
    EXPECT_GT(each.time, last) << "oldest first, none twice";
    last = each.time;
  }));
  EXPECT_EQ(last, morning() + 499s);
}

TEST_F(DecisionLogTest, StartsANewFileWhenTheOldOneIsOldAlsoAfterARestart) {
  ASSERT_TRUE(DecisionLog::open(path_).value().append(record()));
  auto log = DecisionLog::open(path_).value();
  ASSERT_TRUE(log.append(record(morning() + 24h * 7 - 1s)));
  EXPECT_EQ(::access((path_ + ".1").c_str(), F_OK), -1);
  ASSERT_TRUE(log.append(record(morning() + 24h * 7)));
  EXPECT_EQ(::access((path_ + ".1").c_str(), F_OK), 0);
  EXPECT_EQ(kept(), 3U);
}

TEST_F(DecisionLogTest, ShowsWhatIsNoOlderThanAsked) {
  auto log = DecisionLog::open(path_).value();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(log.append(record(morning() + std::chrono::hours{i})));
  EXPECT_EQ(kept(morning() + 4h), 6U);
}

TEST_F(DecisionLogTest, PassesOverDamagedLinesAndNamesThem) {
  ASSERT_TRUE(DecisionLog::open(path_).value().append(record()));
  std::ofstream{path_, std::ios::app} << "not json\n" << std::string(200'000, '{') << "\n\n{\"v\":1}\n{\"v\":1,\"eve";
  ASSERT_TRUE(DecisionLog::open(path_).value().append(record()));
  const auto read = read_decisions(path_, WallTime{}, [](const auto&) {}).value();
  EXPECT_EQ(read.records, 2U);
  EXPECT_EQ(read.damaged, 4U);
  ASSERT_EQ(read.damage.size(), 4U);
  EXPECT_EQ(read.damage[0].line, 2U);
  EXPECT_EQ(read.damage[1].line, 3U);
  EXPECT_EQ(read.damage[2].line, 5U);
  EXPECT_EQ(read.damage[3].line, 6U);
}

TEST_F(DecisionLogTest, KeepsItsHistoryWhenNoNewFileCanBeMade) {
  auto log = DecisionLog::open(path_, {.file_size = 1000, .files = 4}).value();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(log.append(record(morning() + std::chrono::seconds{i})));
  const auto before = contents();
  ASSERT_EQ(::mkdir((path_ + ".new").c_str(), 0700), 0);
  std::size_t failures = 0;
  for (int i = 0; i < 10; ++i) failures += log.append(record(morning() + 60s)) ? 0 : 1;
  EXPECT_EQ(failures, 10U);
  EXPECT_EQ(contents(), before);
  ASSERT_EQ(::rmdir((path_ + ".new").c_str()), 0);
  ASSERT_TRUE(log.append(record(morning() + 61s)));
  EXPECT_EQ(contents()[2], before[3]) << "and goes on as if nothing had been";
}

TEST_F(DecisionLogTest, FillsAGapBeforeTheOldestFileGoes) {
  auto log = DecisionLog::open(path_, {.file_size = 1000, .files = 4}).value();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(log.append(record(morning() + std::chrono::seconds{i})));
  const auto before = contents();
  ASSERT_EQ(::unlink((path_ + ".1").c_str()), 0);
  for (int i = 20; contents()[2].empty(); ++i) {
    ASSERT_LT(i, 30);
    ASSERT_TRUE(log.append(record(morning() + std::chrono::seconds{i})));
  }
  EXPECT_EQ(contents()[0], before[0]);
  EXPECT_EQ(contents()[1], before[1]);
}

TEST_F(DecisionLogTest, IsReadWholeWhileTheGatewayGoesOnToNewFiles) {
  auto log = DecisionLog::open(path_, {.file_size = 1000, .files = 4}).value();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(log.append(record(morning() + std::chrono::seconds{i})));
  const auto undisturbed = kept();
  std::size_t seen = 0;
  ASSERT_TRUE(read_decisions(path_, WallTime{}, [&](const DecisionRecord&) {
    ++seen;
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(log.append(record(morning() + 1h)));
  }));
  EXPECT_GE(seen, undisturbed);
}

TEST_F(DecisionLogTest, TellsNoFileFromOneThatCannotBeRead) {
  const auto none = read_decisions(path_, WallTime{}, [](const auto&) {});
  ASSERT_TRUE(none);
  EXPECT_EQ(none->files, 0U);
  EXPECT_FALSE(read_lines(path_, [](std::size_t, std::string_view) {}).value());
  ASSERT_EQ(::mkdir(path_.c_str(), 0700), 0);
  EXPECT_FALSE(read_decisions(path_, WallTime{}, [](const auto&) {}));
  EXPECT_FALSE(read_lines(path_, [](std::size_t, std::string_view) {}));
}

}  // namespace
}  // namespace sallyport
