#include "server/store/database.hpp"
#include "server/store/schema.hpp"
#include "tests/unit/server/store/store_fixture.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

namespace sallyport {
namespace {

namespace fs = std::filesystem;

// What version 1 wrote, word for word: files like this are out there.
constexpr const char* kReleased = R"sql(
CREATE TABLE certificates (
  serial     TEXT PRIMARY KEY NOT NULL CHECK (length(serial) BETWEEN 2 AND 40),
  kind       TEXT NOT NULL CHECK (kind IN ('device', 'gateway')),
  device     TEXT CHECK ((device IS NULL) = (kind = 'gateway')),
  not_after  INTEGER NOT NULL CHECK (not_after BETWEEN 0 AND 253402300799),
  revoked_at INTEGER CHECK (revoked_at BETWEEN 0 AND 253402300799)
) STRICT;
CREATE INDEX certificates_by_device ON certificates (device);
CREATE TABLE devices (
  id          TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 255),
  user        TEXT NOT NULL CHECK (length(user) BETWEEN 1 AND 320),
  state       TEXT NOT NULL CHECK (state IN ('active', 'disabled', 'revoked')),
  serial      TEXT NOT NULL UNIQUE REFERENCES certificates (serial),
  not_after   INTEGER NOT NULL CHECK (not_after BETWEEN 0 AND 253402300799),
  enrolled_at INTEGER NOT NULL CHECK (enrolled_at BETWEEN 0 AND 253402300799),
  revoked_at  INTEGER CHECK ((revoked_at IS NULL) = (state <> 'revoked')
                             AND (revoked_at IS NULL OR revoked_at BETWEEN 0 AND 253402300799))
) STRICT;
CREATE TABLE leases (
  device    TEXT PRIMARY KEY NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  v4        BLOB UNIQUE CHECK (length(v4) = 4),
  v6        BLOB UNIQUE CHECK (length(v6) = 16),
  last_seen INTEGER NOT NULL CHECK (last_seen BETWEEN 0 AND 253402300799)
) STRICT;
CREATE TABLE numbers (
  name  TEXT PRIMARY KEY NOT NULL,
  value INTEGER NOT NULL CHECK (value >= 0)
) STRICT;
INSERT INTO numbers VALUES ('crl', 0);
)sql";

constexpr std::int64_t kReleasedVersion = 1;

class UpgradedStore : public StoreTest {
 protected:
  /// A closed file of version 1 with a device, its certificate and its address.
  void make_released_file() {
    for (const auto* suffix : {"", "-wal", "-shm"}) fs::remove(path() + suffix);
    ::close(::open(path().c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    const auto database = Database::open(path());
    ASSERT_TRUE(database);
    for (const auto* sql :
         {"PRAGMA journal_mode=WAL", kReleased, "PRAGMA application_id=1396788313", "PRAGMA user_version=1",
          "INSERT INTO certificates VALUES ('0a01', 'device', 'ana-laptop', 1900000000, NULL)",
          "INSERT INTO devices VALUES ('ana-laptop', 'ana@example.com', 'active', '0a01', 1900000000, 1800000000, "
          "NULL)",
          "INSERT INTO leases VALUES ('ana-laptop', x'0a630007', NULL, 1800000000)", "UPDATE numbers SET value = 7"}) {
      const auto done = database->run(sql);
      ASSERT_TRUE(done) << sql << ": " << done.error().words;
    }
  }
  std::int64_t version() {
    const auto database = Database::open(path());
    return database ? database->integer_of("PRAGMA user_version").value_or(-1) : -1;
  }
  void expect_kept(Store& store) {
    const auto device = store.device(DeviceId{"ana-laptop"});
    ASSERT_TRUE(device && *device);
    EXPECT_EQ((*device)->user, UserId{"ana@example.com"});
    EXPECT_EQ((*device)->serial, "0a01");
    EXPECT_EQ(store.leases()->at(DeviceId{"ana-laptop"}).v4, IpAddress::parse("10.99.0.7"));
    EXPECT_EQ(store.crl_number(), 7U);
  }
};

TEST_F(UpgradedStore, KeepsWhatAnOlderReleaseWroteAndHasWhatTheNewOneNeeds) {
  make_released_file();
  ASSERT_EQ(version(), kReleasedVersion);
  expect_kept(store());
  EXPECT_TRUE(store().enroll_totp({UserId{"ana@example.com"}, ByteBuffer(20), {}}, Replace::No, at_second(0)));
  reopen();
  EXPECT_GT(version(), kReleasedVersion);
  expect_kept(store());
  EXPECT_TRUE(store().proof_states()->front().enrolled);
}

TEST_F(UpgradedStore, HasTheTablesThatANewFileHas) {
  make_released_file();
  expect_kept(store());
  reopen();
  const auto upgraded = Database::open(path());
  ASSERT_TRUE(upgraded);
  EXPECT_TRUE(verify_schema(*upgraded)) << "it compares with what a new file has";
}

TEST_F(UpgradedStore, RefusesAnOlderFileThatWasChanged) {
  make_released_file();
  {
    const auto database = Database::open(path());
    ASSERT_TRUE(database->run("DROP INDEX certificates_by_device"));
  }
  const auto opened = Store::open(path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().problem, StoreProblem::Corrupt);
  EXPECT_EQ(version(), kReleasedVersion);
}

TEST_F(UpgradedStore, OpensWhileAnotherProcessUpgradesIt) {
  for (int round = 0; round < 50; ++round) {
    make_released_file();
    std::vector<pid_t> openers(4);
    for (auto& opener : openers) {
      opener = ::fork();
      if (opener == 0) ::_exit(Store::open(path()) ? 0 : 1);
    }
    for (const auto opener : openers) {
      int status = -1;
      EXPECT_EQ(::waitpid(opener, &status, 0), opener);
      EXPECT_EQ(status, 0) << round;
    }
  }
}

/// Opens the store in a process that dies, or fails, at its first write beyond `limit` octets of a file.
bool upgrade_within(const std::string& path, rlim_t limit, bool dies) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit none{0, 0};
    const rlimit most{limit, limit};
    (void)::setrlimit(RLIMIT_CORE, &none);
    (void)::setrlimit(RLIMIT_FSIZE, &most);
    (void)std::signal(SIGXFSZ, dies ? SIG_DFL : SIG_IGN);
    ::_exit(Store::open(path) ? 0 : 1);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(UpgradedStore, IsOldOrNewWhereverTheUpgradeIsCutOffAndNeverAMixture) {
  int old_ones = 0;
  int new_ones = 0;
  for (const bool dies : {false, true}) {
    for (rlim_t limit = 0; limit <= (160U << 10U); limit += 2048) {
      make_released_file();
      const bool done = upgrade_within(path(), limit, dies);
      {
        const auto database = Database::open(path());
        ASSERT_TRUE(database);
        const auto whole = verify_schema(*database);
        ASSERT_TRUE(whole) << limit << ": " << whole.error().words;
      }
      const bool is_old = version() == kReleasedVersion;
      EXPECT_FALSE(done && is_old) << limit;
      ++(is_old ? old_ones : new_ones);
      auto opened = Store::open(path());
      ASSERT_TRUE(opened) << limit << ": " << opened.error().words;
      expect_kept(*opened);
    }
  }
  EXPECT_GT(old_ones, 5) << "the sweep has to cut it off somewhere";
  EXPECT_GT(new_ones, 5);
  RecordProperty("cut_off_before", old_ones);
}

}  // namespace
}  // namespace sallyport
