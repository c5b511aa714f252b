// E-5 of the fault table with the real program: state that is damaged stops the start with one clear line, and with the
// file put back everything is as it was.

#include "tests/system/support/fixture.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;
namespace fs = std::filesystem;

class DamagedState : public OwnLab {
 protected:
  Ran start_with(const std::function<void()>& damage) {
    damage();
    return lab().run_at(Place::Gateway, {"timeout", "5", Lab::build_root() + "/server/gateway/sallyport-gateway",
                                         "--config", lab().env("LAB_CONFIG")});
  }
  /// Not a crash, not a start: one line that names the file and says what to do.
  void expect_refused(const std::string& what, const std::string& file, const std::function<void()>& damage) {
    const auto ran = start_with(damage);
    EXPECT_TRUE(ran.exit_code == 1 || ran.exit_code == 78)
        << what << ": exit code " << ran.exit_code << ", " << ran.text();
    const auto text = ran.text();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << what << ": " << text;
    EXPECT_NE(text.find(lab().path(file)), std::string::npos) << what << ": " << text;
    std::cout << what << ": " << text;
    put_back();
  }
  void set_aside() {
    for (const auto& file : {kDatabase, kNumbers}) good_.emplace_back(file, lab().read(file));
  }
  void put_back() {
    for (const auto* suffix : {"", "-wal", "-shm"}) fs::remove_all(lab().path(kDatabase) + suffix);
    fs::remove_all(lab().path(kNumbers));
    for (const auto& [file, content] : good_) {
      lab().write(file, content);
      ASSERT_EQ(::chmod(lab().path(file).c_str(), 0600), 0);
    }
  }
  void sqlite(const std::string& statement) {
    const auto ran =
        run({"python3", "-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])",
             lab().path(kDatabase), statement});
    ASSERT_TRUE(ran.ok()) << ran.text();
  }

  static inline const std::string kDatabase = "state/gateway.db";
  static inline const std::string kNumbers = "state/crl.number";
  std::vector<std::pair<std::string, std::string>> good_;
};

TEST_F(DamagedState, StopsTheStartWithOneClearLine) {
  const auto address = lab().inside_address(4);
  ASSERT_FALSE(address.empty());
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  set_aside();
  const auto database = good_[0].second;
  expect_refused("truncated", kDatabase, [&] { lab().write(kDatabase, database.substr(0, database.size() / 2)); });
  expect_refused("a header alone", kDatabase, [&] { lab().write(kDatabase, database.substr(0, 100)); });
  expect_refused("not a database", kDatabase, [&] { lab().write(kDatabase, "hello\n"); });
  expect_refused("garbage", kDatabase, [&] {
    auto garbage = database;
    for (std::size_t i = 0; i < garbage.size(); ++i)
      garbage[i] = static_cast<char>(garbage[i] ^ static_cast<char>(i * 31 + 7));
    lab().write(kDatabase, garbage);
  });
  expect_refused("a damaged page", kDatabase, [&] {
    auto damaged = database;
    std::fill(damaged.begin() + 4'096, damaged.begin() + 8'192, 'x');
    lab().write(kDatabase, damaged);
  });
  expect_refused("a newer version", kDatabase, [&] { sqlite("PRAGMA user_version=1000"); });
  expect_refused("another program's", kDatabase, [&] { sqlite("PRAGMA application_id=42"); });
  expect_refused("without a table", kDatabase, [&] { sqlite("DROP TABLE leases"); });
  expect_refused("a directory", kDatabase, [&] {
    fs::remove(lab().path(kDatabase));
    fs::create_directory(lab().path(kDatabase));
  });
  expect_refused("a link", kDatabase, [&] {
    fs::rename(lab().path(kDatabase), lab().path("elsewhere.db"));
    fs::create_symlink(lab().path("elsewhere.db"), lab().path(kDatabase));
  });
  expect_refused("writable by others", kDatabase, [&] { ASSERT_EQ(::chmod(lab().path(kDatabase).c_str(), 0666), 0); });
  expect_refused("damaged numbers of lists", kNumbers, [&] { lab().write(kNumbers, "abc\n"); });
  const auto started = lab().start("sallyport-gateway");
  ASSERT_TRUE(started.ok()) << started.text();
  EXPECT_TRUE(eventually([&] { return lab().fetch(lab().env("LAB_ALLOWED")).exit_code == 0; }, Seconds{15}));
  EXPECT_EQ(lab().inside_address(4), address);
}

/// What an ordinary user may not read. Root may read everything.
TEST_F(DamagedState, UnreadableStateStopsTheStart) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  set_aside();
  expect_refused("unreadable", kDatabase, [&] { ASSERT_EQ(::chmod(lab().path(kDatabase).c_str(), 0), 0); });
}

}  // namespace
}  // namespace sallyport::lab
