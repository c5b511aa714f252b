#include "server/gateway/audit_keeper.hpp"

#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

namespace {

/// False: nothing reaches the disk.
std::atomic<bool> disk_works{true};

}  // namespace

// In the place of the C library's.
extern "C" int fdatasync(int fd) {
  if (disk_works) return static_cast<int>(::syscall(SYS_fdatasync, fd));
  errno = EIO;
  return -1;
}

namespace sallyport {
namespace {

using namespace std::chrono_literals;

class CountingSink : public LogSink {
 public:
  explicit CountingSink(std::map<std::string, int>& counts) : counts_{counts} {}
  void write(const LogRecord& record) override { ++counts_[std::string{record.event}]; }

 private:
  std::map<std::string, int>& counts_;
};

/// A gateway's audit file on a disk that is full while the test says so: a limit on the size of files stands for it.
class AuditKeeperTest : public testing::Test {
 protected:
  AuditKeeperTest() {
    std::signal(SIGXFSZ, SIG_IGN);
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &unlimited_), 0);
    config_.state = directory_.path();
    config_.audit = directory_.file("audit.jsonl");
  }
  ~AuditKeeperTest() override {
    make_room();
    disk_works = true;
  }

  void open() {
    ASSERT_TRUE(keeper_.open(config_, now()).has_value());
    ASSERT_TRUE(write("gateway.start"));
    keeper_.tick(now());
  }
  void fill_disk() {
    const rlimit full{std::filesystem::file_size(config_.audit) + 10, unlimited_.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  }
  void make_room() { EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &unlimited_), 0); }
  [[nodiscard]] Now now() const { return {begin_ + later_, parse_utc("2026-11-27T10:00:00Z").value() + later_}; }
  bool write(const std::string& event = "session.open") {
    AuditRecord record;
    record.event = event;
    return keeper_.write(std::move(record), now());
  }
  [[nodiscard]] std::vector<nlohmann::json> records_of(const std::string& event) const {
    std::vector<nlohmann::json> found;
    std::ifstream file{config_.audit};
    for (std::string line; std::getline(file, line);) {
      auto record = nlohmann::json::parse(line, nullptr, false);
      if (record.value("event", "") == event) found.push_back(std::move(record));
    }
    return found;
  }

  TemporaryDirectory directory_;
  rlimit unlimited_{};
  GatewayConfig config_;
  std::map<std::string, int> said_;
  Log log_{std::make_unique<CountingSink>(said_)};
  TimePoint begin_ = std::chrono::steady_clock::now();
  std::chrono::seconds later_{0};
  AuditKeeper keeper_{log_};
};

TEST_F(AuditKeeperTest, SignsInEverySecondInWhichSomethingWasWritten) {
  open();
  const auto before = records_of("audit.head").size();
  for (int second = 0; second < 3; ++second) {
    ASSERT_TRUE(write());
    ASSERT_TRUE(write());
    keeper_.tick(now());
    later_ += 1s;
    keeper_.tick(now());
  }
  EXPECT_EQ(records_of("audit.head").size(), before + 3);
  EXPECT_EQ(records_of("gateway.start").size(), 1U);
}

TEST_F(AuditKeeperTest, BringsHeadsToTheDiskAndToTheJournal) {
  open();
  ASSERT_TRUE(write());
  keeper_.tick(now());
  EXPECT_EQ(said_["audit.head"], 1) << "once a minute, not once a second";
  keeper_.close();
  std::ifstream head{directory_.file("audit.head")};
  std::string line;
  std::getline(head, line);
  EXPECT_EQ(nlohmann::json::parse(line), records_of("audit.head").back());
  EXPECT_EQ(said_["audit.head"], 2);
}

TEST_F(AuditKeeperTest, LetsNobodyInWhileItCannotWriteAndEndsSessionsAfterTheGrace) {
  open();
  fill_disk();
  EXPECT_FALSE(write());
  EXPECT_FALSE(keeper_.admits_sessions());
  EXPECT_TRUE(keeper_.state().is_failing);
  EXPECT_NE(keeper_.state().problem.find("audit.jsonl"), std::string::npos);
  EXPECT_EQ(said_["audit.failed"], 1) << "at once";
  later_ = 59s;
  keeper_.tick(now());
  EXPECT_FALSE(keeper_.ends_sessions(now().steady));
  later_ = 60s;
  EXPECT_TRUE(keeper_.ends_sessions(now().steady));
}

TEST_F(AuditKeeperTest, FindsOutByItselfThatThereIsRoomAndSaysWhatWasLost) {
  open();
  fill_disk();
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(write());
  later_ = 5s;
  keeper_.tick(now());
  EXPECT_FALSE(keeper_.admits_sessions()) << "still full";
  make_room();
  later_ = 6s;
  keeper_.tick(now());
  EXPECT_TRUE(keeper_.admits_sessions());
  EXPECT_FALSE(keeper_.state().is_failing);
  const auto recovered = records_of("audit.recovered");
  ASSERT_EQ(recovered.size(), 1U);
  EXPECT_EQ(recovered[0].at("lost"), 7);
  EXPECT_EQ(recovered[0].at("seconds"), 6);
  EXPECT_EQ(keeper_.state().lost, 7U);
  EXPECT_EQ(keeper_.state().failures, 1U);
  EXPECT_EQ(said_["audit.recovered"], 1);
  EXPECT_EQ(said_["audit.failed"], 1) << "a full disk must not fill the journal too";
}

TEST_F(AuditKeeperTest, KeepsTheRoomInReserveForEndsAndAdministrators) {
  open();
  // The disk is full but for what was reserved: allocating more fails, writing does not.
  const rlimit full{std::filesystem::file_size(config_.audit) + 50'000, unlimited_.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  EXPECT_FALSE(keeper_.has_room_for(100'000, now())) << "their ends could not be written";
  later_ = 1s;
  keeper_.tick(now());
  EXPECT_FALSE(keeper_.admits_sessions());
  EXPECT_FALSE(write("session.refused"));
  EXPECT_TRUE(write("session.close"));
  EXPECT_TRUE(write("device.disabled"));
  EXPECT_EQ(records_of("session.refused").size(), 0U);
  EXPECT_EQ(records_of("session.close").size(), 1U);
  EXPECT_EQ(records_of("audit.failing").size(), 1U);
  EXPECT_EQ(keeper_.state().lost, 1U);
}

TEST_F(AuditKeeperTest, CountsTheLossesOfEachTimeForItself) {
  open();
  for (int time = 1; time <= 2; ++time) {
    fill_disk();
    for (int i = 0; i < time; ++i) EXPECT_FALSE(write());
    make_room();
    later_ += 1s;
    keeper_.tick(now());
  }
  const auto recovered = records_of("audit.recovered");
  ASSERT_EQ(recovered.size(), 2U);
  EXPECT_EQ(recovered[0].at("lost"), 1);
  EXPECT_EQ(recovered[1].at("lost"), 2);
}

TEST_F(AuditKeeperTest, LetsEverybodyInWhereTheAdministratorWantsItSo) {
  config_.audit_settings.on_full = OnAuditFull::Continue;
  open();
  fill_disk();
  EXPECT_TRUE(write()) << "what it speaks of happens all the same";
  EXPECT_TRUE(keeper_.admits_sessions());
  later_ = 10min;
  EXPECT_FALSE(keeper_.ends_sessions(now().steady));
  EXPECT_EQ(keeper_.state().lost, 1U);
}

TEST_F(AuditKeeperTest, SaysLaterThatARecordWhichDidNotReachTheDiskIsTakenBack) {
  open();
  ASSERT_TRUE(write());
  disk_works = false;
  EXPECT_FALSE(write("device.enabled")) << "what it speaks of must not happen";
  EXPECT_EQ(keeper_.state().lost, 0U) << "it stands in the file";
  ASSERT_EQ(records_of("device.enabled").size(), 1U);
  later_ = 1s;
  keeper_.tick(now());
  EXPECT_FALSE(keeper_.admits_sessions()) << "still out of order";
  disk_works = true;
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (!keeper_.admits_sessions() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(1ms);
    later_ += 1s;
    keeper_.tick(now());
  }
  EXPECT_TRUE(keeper_.admits_sessions()) << keeper_.state().problem;
  const auto taken_back = records_of("audit.taken_back");
  ASSERT_EQ(taken_back.size(), 1U);
  EXPECT_EQ(taken_back[0].at("record"), records_of("device.enabled").front().at("seq"));
  ASSERT_EQ(records_of("audit.recovered").size(), 1U);
  EXPECT_EQ(records_of("audit.recovered").front().at("lost"), 0);
}

TEST_F(AuditKeeperTest, FollowsAReloadOfItsSettings) {
  open();
  fill_disk();
  EXPECT_FALSE(write());
  config_.audit_settings.on_full = OnAuditFull::Continue;
  keeper_.use(config_);
  EXPECT_TRUE(write());
  EXPECT_TRUE(keeper_.admits_sessions());
}

TEST_F(AuditKeeperTest, RestoresADeletedFileWithinASecond) {
  open();
  ASSERT_TRUE(write());
  std::filesystem::remove(config_.audit);
  ASSERT_TRUE(write("session.close"));
  later_ = 1s;
  keeper_.tick(now());
  EXPECT_EQ(records_of("session.open").size(), 1U);
  EXPECT_EQ(records_of("session.close").size(), 1U);
  EXPECT_EQ(records_of("audit.restored").size(), 1U);
  EXPECT_EQ(said_["audit.restored"], 1);
}

TEST_F(AuditKeeperTest, FailsWhenItsDirectoryIsGone) {
  config_.audit = directory_.file("log/audit.jsonl");
  std::filesystem::create_directory(directory_.file("log"));
  open();
  std::filesystem::remove_all(directory_.file("log"));
  later_ = 1s;
  keeper_.tick(now());
  EXPECT_FALSE(keeper_.admits_sessions());
  std::filesystem::create_directory(directory_.file("log"));
  later_ = 2s;
  keeper_.tick(now());
  EXPECT_TRUE(keeper_.admits_sessions()) << keeper_.state().problem;
  EXPECT_EQ(records_of("gateway.start").size(), 1U);
}

}  // namespace
}  // namespace sallyport
