#include "server/history/policy_store.hpp"

#include "tests/support/temporary_directory.hpp"
#include "tests/unit/server/history/versions.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

namespace sallyport {
namespace {

namespace fs = std::filesystem;

class PolicyStoreTest : public testing::Test {
 protected:
  /// Files named `name` come in force.
  void take(const std::string& name) {
    record_.take(version_of(name));
    ASSERT_TRUE(store_.keep(packed(name)).has_value());
    const auto saved = store_.save(record_);
    ASSERT_TRUE(saved.has_value()) << to_string(saved.error());
  }
  [[nodiscard]] std::string path(const std::string& name = {}) const { return directory_.file("policy") + '/' + name; }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file{path(name), std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream{path(name), std::ios::binary} << content;
    ::chmod(path(name).c_str(), 0600);
  }
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator{path()}, fs::directory_iterator{}));
  }

  TemporaryDirectory directory_;
  PolicyStore store_{directory_.file("policy")};
  PolicyRecord record_;
};

TEST_F(PolicyStoreTest, BeginsWithNothing) {
  const auto loaded = store_.load();
  ASSERT_TRUE(loaded.has_value());
  EXPECT_FALSE(loaded->has_value());
  EXPECT_FALSE(fs::exists(path())) << "looking makes nothing";
}

TEST_F(PolicyStoreTest, GivesBackWhatWasInForce) {
  take("A");
  take("B");
  const auto loaded = PolicyStore{directory_.file("policy")}.load();
  ASSERT_TRUE(loaded && *loaded);
  EXPECT_EQ(**loaded, record_);
  for (const auto* name : {"A", "B"}) {
    const auto files = store_.files(packed(name).digest);
    ASSERT_TRUE(files.has_value());
    EXPECT_EQ(*files, packed(name));
  }
}

TEST_F(PolicyStoreTest, IsReadableByItsOwnerAlone) {
  take("A");
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  for (const auto& entry : fs::directory_iterator{path()}) {
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << entry.path();
  }
  ::chmod(path("record").c_str(), 0644);
  const auto loaded = store_.load();
  ASSERT_FALSE(loaded.has_value());
  EXPECT_NE(loaded.error().message.find("chmod 600"), std::string::npos) << loaded.error().message;
}

TEST_F(PolicyStoreTest, KeepsEqualFilesOnceAndDropsWhatNoVersionNeeds) {
  take("A");
  take("B");
  take("A");
  EXPECT_EQ(count(), 3U) << "the record and two texts";
  for (std::size_t i = 0; i < kMaxPolicyVersions; ++i) take(i % 2 == 0 ? "C" : "D");
  EXPECT_EQ(count(), 3U);
  EXPECT_FALSE(store_.files(packed("A").digest).has_value());
  EXPECT_TRUE(store_.files(packed("D").digest).has_value());
}

TEST_F(PolicyStoreTest, SweepsWhatACrashLeftHalfWritten) {
  take("A");
  write("record.x7Gh2k", "half");
  write(packed("B").digest.text() + ".Qw12er", "half");
  take("C");
  EXPECT_EQ(count(), 3U);
}

TEST_F(PolicyStoreTest, TakesKeptPoliciesWithoutARecordForDamage) {
  take("A");
  fs::remove(path("record"));
  const auto loaded = store_.load();
  ASSERT_FALSE(loaded.has_value());
  EXPECT_TRUE(loaded.error().is_damage);
  ASSERT_TRUE(store_.save(PolicyRecord{}).has_value());
  EXPECT_TRUE(store_.files(packed("A").digest).has_value()) << "all that is left of the history is not swept away";
}

TEST_F(PolicyStoreTest, BeginsWithARecordSoThatACrashOfTheFirstStartIsNoDamage) {
  ASSERT_TRUE(store_.keep(packed("A")).has_value());
  const auto loaded = store_.load();
  ASSERT_TRUE(loaded && *loaded);
  EXPECT_EQ((*loaded)->running(), nullptr);
}

TEST_F(PolicyStoreTest, SeesDamagedFilesOfAVersion) {
  take("A");
  const auto name = packed("A").digest.text();
  write(name, packed("B").octets);
  const auto files = store_.files(packed("A").digest);
  ASSERT_FALSE(files.has_value());
  EXPECT_EQ(files.error().path, path(name));
  EXPECT_NE(files.error().message.find("damaged"), std::string::npos);
  fs::remove(path(name));
  EXPECT_FALSE(store_.files(packed("A").digest).has_value());
}

TEST_F(PolicyStoreTest, FollowsNoLink) {
  take("A");
  const auto elsewhere = directory_.file("elsewhere");
  std::ofstream{elsewhere} << read("record");
  ::chmod(elsewhere.c_str(), 0600);
  fs::remove(path("record"));
  fs::create_symlink(elsewhere, path("record"));
  EXPECT_FALSE(store_.load().has_value());
}

/// E-5: whatever became of the file, the answer is the record as written, or one line that says it is damaged.
TEST_F(PolicyStoreTest, TakesNoneOfTenThousandDamagedRecords) {
  take("A");
  take("B");
  record_.try_out(version_of("C"), at_minute(2));
  ASSERT_TRUE(store_.save(record_).has_value());
  const auto whole = read("record");
  std::mt19937 random{7};
  for (int i = 0; i < 10'000; ++i) {
    auto changed = whole;
    for (auto edits = 1 + random() % 4; edits > 0; --edits) {
      const auto at = random() % changed.size();
      switch (random() % 4) {
        case 0:
          changed[at] = static_cast<char>(random());
          break;
        case 1:
          changed.resize(at + 1);
          break;
        case 2:
          changed.erase(at, 1 + random() % 100);
          break;
        default:
          changed.insert(at, whole.substr(random() % whole.size(), random() % 100));
      }
      if (changed.empty()) changed = "\n";
    }
    write("record", changed);
    const auto loaded = store_.load();
    if (loaded) {
      ASSERT_EQ(changed, whole);
      continue;
    }
    ASSERT_EQ(to_string(loaded.error()).find('\n'), std::string::npos);
  }
}

TEST_F(PolicyStoreTest, MovesADamagedHistoryAsideAndBeginsAnew) {
  for (const auto& [name, aside] : {std::pair{"A", "policy.damaged/"}, std::pair{"B", "policy.damaged-2/"}}) {
    take(name);
    write("record", "nonsense");
    ASSERT_FALSE(store_.load().has_value());
    ASSERT_TRUE(store_.set_aside().has_value()) << "also when an older one lies there";
    const auto loaded = store_.load();
    ASSERT_TRUE(loaded.has_value());
    EXPECT_FALSE(loaded->has_value());
    EXPECT_TRUE(fs::exists(directory_.file(aside) + packed(name).digest.text()));
  }
  take("C");
}

TEST_F(PolicyStoreTest, MendsFilesThatAreKeptOnceMore) {
  take("A");
  write(packed("A").digest.text(), "nonsense");
  ASSERT_TRUE(store_.keep(packed("A")).has_value());
  EXPECT_EQ(*store_.files(packed("A").digest), packed("A"));
}

TEST_F(PolicyStoreTest, SaysWhenItCannotWrite) {
  take("A");
  fs::create_directory(path(packed("B").digest.text()));  // in the way, whoever asks
  EXPECT_FALSE(store_.keep(packed("B")).has_value());
  fs::rename(path("record"), path("elsewhere"));
  fs::create_directory(path("record"));
  EXPECT_FALSE(store_.save(record_).has_value());
  EXPECT_TRUE(fs::exists(path("elsewhere"))) << "nothing is swept before the record is written";
}

}  // namespace
}  // namespace sallyport
