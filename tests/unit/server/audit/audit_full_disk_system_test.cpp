#include "tests/unit/server/audit/audit_fixture.hpp"

#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

namespace sallyport {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPage = 4096;
constexpr AuditLimits kLimits{.reserve = 32U << 10U};

/// An audit file on a file system of its own of 1 MiB, which a file beside it fills.
class AuditOnAFullDisk : public AuditTest {
 protected:
  void SetUp() override {
    if (::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "size=1m") != 0) GTEST_SKIP() << "no mount here";
    is_mounted_ = true;
  }
  void TearDown() override {
    if (is_mounted_) ::umount(directory_.path().c_str());
  }

  void fill() const {
    std::ofstream file{directory_.file("filler"), std::ios::binary};
    const std::string page(kPage, 'f');
    for (std::size_t i = 0; i < 1024 && file; ++i) file << page << std::flush;
  }
  void make_room() const { fs::remove(directory_.file("filler")); }

  bool is_mounted_ = false;
};

TEST_F(AuditOnAFullDisk, SaysSoWhileThereIsStillRoomForTheLastRecords) {
  const auto log = open(kLimits);
  ASSERT_TRUE(log->append(audit_record("session.open")).has_value());
  ASSERT_TRUE(log->check(kAuditStart).has_value());
  fill();
  const auto problem = log->check(kAuditStart);
  ASSERT_FALSE(problem.has_value());
  EXPECT_NE(to_string(problem.error()).find("audit.jsonl"), std::string::npos);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(log->append(audit_record("session.close")).has_value()) << i;
  make_room();
  ASSERT_TRUE(log->check(kAuditStart).has_value()) << "it finds out by itself";
  ASSERT_TRUE(log->settle(kAuditStart).has_value());
  expect_intact();
}

TEST_F(AuditOnAFullDisk, TakesBackWhatDoesNotFitAndGoesOnWhenThereIsRoom) {
  const auto log = open(kLimits);
  ASSERT_TRUE(log->append(audit_record("session.open")).has_value());
  fill();
  int written = 0;
  while (written < 100'000 && log->append(audit_record("session.close"))) ++written;
  ASSERT_LT(written, 100'000);
  make_room();
  ASSERT_TRUE(log->check(kAuditStart).has_value());
  ASSERT_TRUE(log->append(audit_record("audit.recovered")).has_value());
  ASSERT_TRUE(log->settle(kAuditStart).has_value());
  EXPECT_EQ(records_of("session.close").size(), static_cast<std::size_t>(written));
  expect_intact();
}

TEST_F(AuditOnAFullDisk, OpensAllTheSameAndRecordsWhatItFoundLater) {
  write(3);
  std::ofstream{places_.file, std::ios::app} << "{\"seq\":5,";
  fill();
  const auto log = open(kLimits);
  ASSERT_NE(log, nullptr);
  while (log->append(audit_record("session.close"))) {
  }
  make_room();
  ASSERT_TRUE(log->append(audit_record("session.close")).has_value());
  ASSERT_TRUE(log->settle(kAuditStart).has_value());
  EXPECT_EQ(records_of("audit.repaired").size(), 1U);
  expect_intact();
}

/// Writes, whether the disk takes it or not. Never returns.
[[noreturn]] void write_until_killed(const AuditPlaces& places) {
  auto log = AuditLog::open(places, kLimits, kAuditStart);
  if (!log) ::_exit(3);
  for (int i = 0; i < 1'000'000; ++i) {
    if (!(*log)->append(audit_record("session.open", std::to_string(i)))) ::usleep(50);
    if (i % 5 == 0) (void)(*log)->settle(kAuditStart);
  }
  ::_exit(0);
}

TEST_F(AuditOnAFullDisk, IsNeverCorruptWhereverTheWriterIsKilled) {
  std::mt19937 random{200};
  for (int kill = 0; kill < 200; ++kill) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_until_killed(places_);
    std::this_thread::sleep_for(std::chrono::microseconds{random() % 2000});
    if (kill % 2 == 1) fill();
    std::this_thread::sleep_for(std::chrono::microseconds{random() % 3000});
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself: " << status;
    make_room();
    const auto log = open(kLimits);
    ASSERT_NE(log, nullptr);
    ASSERT_TRUE(log->append(audit_record("session.close")).has_value());
    ASSERT_TRUE(log->settle(kAuditStart).has_value());
    expect_intact();
    for (const auto& found : log->take_findings())
      ASSERT_TRUE(found.event == "audit.repaired" || found.event == "audit.unsigned") << found.event;
    // Small as the disk is, it is for what this kill leaves.
    if (fs::file_size(places_.file) > 300'000) fs::remove(places_.file), fs::remove(places_.head);
    for (const auto& entry : fs::directory_iterator{directory_.path()})
      if (entry.path().filename().string().starts_with("audit.head.")) fs::remove(entry.path());
  }
}

TEST_F(AuditOnAFullDisk, KeepsWritingTheOldFileWhenItCannotBeSetAside) {
  const auto log = open({.file_size = 4000, .reserve = 32U << 10U});
  ASSERT_TRUE(log->append(audit_record("session.open")).has_value());
  ASSERT_TRUE(log->check(kAuditStart).has_value());
  fill();
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(log->append(audit_record("session.close")).has_value()) << i;
  make_room();
  ASSERT_TRUE(log->settle(kAuditStart).has_value());
  expect_intact();
}

}  // namespace
}  // namespace sallyport
