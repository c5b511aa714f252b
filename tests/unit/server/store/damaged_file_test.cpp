#include "tests/unit/server/store/damaged_store.hpp"

#include <random>

namespace sallyport {
namespace {

using DamagedStore = DamagedStoreTest;

TEST_F(DamagedStore, RefusesFilesOfAnotherKindInOneLine) {
  EXPECT_EQ(problem_with(""), StoreProblem::Foreign);
  EXPECT_EQ(problem_with("hello"), StoreProblem::Corrupt);
  EXPECT_EQ(problem_with(std::string(100'000, 'x')), StoreProblem::Corrupt);
  EXPECT_EQ(problem_with(std::string(100'000, '\0')), StoreProblem::Corrupt);
}

TEST_F(DamagedStore, RefusesTheDatabaseOfAnotherProgram) {
  replace_files(path(), "");
  ASSERT_TRUE(Database::open(path())->run("CREATE TABLE devices (id TEXT); PRAGMA user_version=1"));
  EXPECT_EQ(Store::open(path()).error().problem, StoreProblem::Foreign);
  EXPECT_EQ(Store::open_or_create(path()).error().problem, StoreProblem::Foreign);
}

TEST_F(DamagedStore, RefusesTheFileOfANewerVersion) {
  (void)store();
  reopen();
  ASSERT_TRUE(Database::open(path())->run("PRAGMA user_version=1000"));
  EXPECT_EQ(Store::open(path()).error().problem, StoreProblem::Newer);
}

TEST_F(DamagedStore, RefusesTablesWithoutOurConstraints) {
  (void)store();
  reopen();
  ASSERT_TRUE(
      Database::open(path())->run("DROP TABLE leases; CREATE TABLE leases (device TEXT PRIMARY KEY NOT NULL, v4 "
                                  "BLOB, v6 BLOB, last_seen INTEGER NOT NULL) STRICT"));
  EXPECT_EQ(Store::open(path()).error().problem, StoreProblem::Corrupt);
}

TEST_F(DamagedStore, RefusesAStrangersTrigger) {
  (void)store();
  reopen();
  ASSERT_TRUE(Database::open(path())->run("CREATE TRIGGER t AFTER UPDATE ON devices BEGIN DELETE FROM leases; END"));
  EXPECT_EQ(Store::open(path()).error().problem, StoreProblem::Corrupt);
}

/// SQLite reads zeros behind the end: a tail that held nothing else is no loss.
TEST_F(DamagedStore, RefusesEveryTruncationThatLosesSomething) {
  const auto whole = filled();
  for (std::size_t size = 0; size < whole.size(); size += 997) {
    if (whole.find_first_not_of('\0', size) == std::string::npos) break;
    EXPECT_NE(problem_with(whole.substr(0, size)), StoreProblem::Cancelled) << size;
  }
}

/// E-5 of the fault table. A changed octet is noticed, or leaves a store whose leases still have one owner each.
TEST_F(DamagedStore, SurvivesTenThousandMutationsWithoutADoubleAddress) {
  constexpr int kMutations = 10'000;
  const auto whole = filled();
  std::mt19937 random{7};
  int refused = 0;
  for (int i = 0; i < kMutations; ++i) {
    auto content = whole;
    for (unsigned n = 1 + random() % 8; n > 0; --n) {
      content[random() % content.size()] = static_cast<char>(random());
    }
    replace_files(path(), content);
    auto opened = Store::open(path());
    refused += opened ? 0 : 1;
    if (!opened) continue;
    ASSERT_NO_FATAL_FAILURE(expect_one_owner_each(*opened)) << "mutation " << i;
  }
  EXPECT_GT(refused, kMutations / 20);
  EXPECT_LT(refused, kMutations) << "some octets of a page are not used";
}

}  // namespace
}  // namespace sallyport
