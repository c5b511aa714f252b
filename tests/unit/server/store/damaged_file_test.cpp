#include "tests/unit/server/store/store_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>

namespace sallyport {
namespace {

namespace fs = std::filesystem;

std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// Puts `content` where a database was, without the files SQLite keeps beside it.
void replace_file(const std::string& path, const std::string& content) {
  for (const auto* suffix : {"", "-wal", "-shm"}) fs::remove(path + suffix);
  std::ofstream{path, std::ios::binary} << content;
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
}

class DamagedStore : public StoreTest {
 protected:
  StoreProblem problem_with(const std::string& content) {
    replace_file(path(), content);
    const auto opened = Store::open(path());
    if (opened) return StoreProblem::Cancelled;
    EXPECT_EQ(opened.error().words.rfind(path() + ": ", 0), 0U) << opened.error().words;
    EXPECT_EQ(opened.error().words.find('\n'), std::string::npos) << opened.error().words;
    return opened.error().problem;
  }
  /// A closed database of ten devices with addresses, each renewed. No table is empty: of one that is, the page may be
  /// cut without harm.
  std::string filled() {
    for (char c = 'a'; c <= 'j'; ++c) {
      const std::string id = std::string{"device-"} + c;
      enroll(id, std::string{"0"} + c);
      EXPECT_TRUE(store().lease(DeviceId{id}, kPools, at_second(c)));
      EXPECT_TRUE(store().renew(renewal_of(id, std::string{"0"} + c, std::string{"1"} + c), at_second(c)));
    }
    EXPECT_TRUE(store().create_token("t1", hash_of(1), grant_of("k@example.com"), at_second(0)));
    EXPECT_TRUE(store().enroll_by_token(hash_of(1), {DeviceId{"k"}, UserId{"k@example.com"}, "0k", at_second(1)},
                                        at_second(0)));
    reopen();
    return content_of(path());
  }
  /// Of the addresses that are there, and of the one that a newcomer gets.
  static void expect_one_owner_each(Store& store) {
    const auto leases = store.leases();
    if (!leases) return;
    std::set<IpAddress> seen;
    for (const auto& [device, lease] : *leases) ASSERT_TRUE(note_addresses(seen, lease)) << device.text();
    if (!store.enroll(enrolment_of("newcomer", "0fff"), Replace::No, at_second(0))) return;
    const auto newcomer = store.lease(DeviceId{"newcomer"}, kPools, at_second(1));
    ASSERT_TRUE(!newcomer || note_addresses(seen, *newcomer)) << newcomer->v4->to_string();
  }

  inline static const PoolPrefixes kPools = pools_of("10.99.0.0/24", "fd00::/64");
};

TEST_F(DamagedStore, RefusesFilesOfAnotherKindInOneLine) {
  EXPECT_EQ(problem_with(""), StoreProblem::Foreign);
  EXPECT_EQ(problem_with("hello"), StoreProblem::Corrupt);
  EXPECT_EQ(problem_with(std::string(100'000, 'x')), StoreProblem::Corrupt);
  EXPECT_EQ(problem_with(std::string(100'000, '\0')), StoreProblem::Corrupt);
}

TEST_F(DamagedStore, RefusesTheDatabaseOfAnotherProgram) {
  replace_file(path(), "");
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
    replace_file(path(), content);
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
