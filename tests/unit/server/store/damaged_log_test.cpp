#include "tests/unit/server/store/damaged_store.hpp"

#include <random>

namespace sallyport {
namespace {

/// What a gateway that was killed leaves: a database, and beside it the log with most of what was committed.
class DamagedLog : public DamagedStoreTest {
 protected:
  struct Files {
    std::string database;
    std::string log;
  };
  Files left_behind() {
    fill();
    Files files{content_of(path()), content_of(path() + "-wal")};
    EXPECT_GT(files.log.size(), files.database.size()) << "nothing was moved into the database yet";
    reopen();
    return files;
  }
  /// True: it opened, and no address has two owners.
  bool opens(const Files& files) {
    replace_files(path(), files.database, files.log);
    auto opened = Store::open(path());
    if (opened) {
      expect_one_owner_each(*opened);
      return true;
    }
    EXPECT_EQ(opened.error().words.rfind(path(), 0), 0U) << opened.error().words;
    EXPECT_EQ(opened.error().words.find('\n'), std::string::npos) << opened.error().words;
    return false;
  }
};

TEST_F(DamagedLog, LosesNothingThatWasCommittedWhenTheProcessIsKilled) {
  const auto files = left_behind();
  replace_files(path(), files.database, files.log);
  auto opened = Store::open(path());
  ASSERT_TRUE(opened) << opened.error().words;
  EXPECT_EQ(opened->devices()->size(), 11U);
  EXPECT_EQ(opened->leases()->size(), 10U);
}

TEST_F(DamagedLog, SaysInPrintableWordsWhatAnythingMayHaveWritten) {
  auto content = filled();
  const auto table = content.rfind("CREATE TABLE devices");
  ASSERT_NE(table, std::string::npos);
  content.replace(table + 7, 5, "\x1b[2J\n");
  replace_files(path(), content);
  const auto opened = Store::open(path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().words.find_first_of("\x1b\n"), std::string::npos) << opened.error().words;
}

/// A log that was cut is used as far as it goes: what was committed last is lost, and nothing is half there.
TEST_F(DamagedLog, UsesALogThatWasCutAsFarAsItGoes) {
  const auto files = left_behind();
  int opened = 0;
  for (std::size_t size = 0; size < files.log.size(); size += 1'009) {
    opened += opens({files.database, files.log.substr(0, size)}) ? 1 : 0;
    ASSERT_FALSE(HasFatalFailure()) << size;
  }
  EXPECT_GT(opened, 0);
}

/// E-5 of the fault table, once more with the log: in the database, in the log, or in both.
TEST_F(DamagedLog, SurvivesTenThousandMutationsWithoutADoubleAddress) {
  constexpr int kMutations = 10'000;
  const auto whole = left_behind();
  std::mt19937 random{11};
  int refused = 0;
  for (int i = 0; i < kMutations; ++i) {
    auto files = whole;
    for (unsigned n = 1 + random() % 8; n > 0; --n) {
      auto& file = random() % 4 == 0 ? files.database : files.log;
      file[random() % file.size()] = static_cast<char>(random());
    }
    if (i % 5 == 0) files.log.resize(random() % (files.log.size() + 1));
    refused += opens(files) ? 0 : 1;
    ASSERT_FALSE(HasFatalFailure()) << "mutation " << i;
  }
  EXPECT_GT(refused, 0);
  EXPECT_LT(refused, kMutations) << "frames behind a damaged one are left out, and what is before them is whole";
}

}  // namespace
}  // namespace sallyport
