#include "server/gateway/audit_keeper.hpp"
#include "tests/support/log_sinks.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <fstream>
#include <memory>
#include <string>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSessions = 2000;

/// The end of a session whose names and figures are the longest there are.
AuditRecord longest_close(std::uint64_t number) {
  AuditRecord record;
  record.event = "session.close";
  record.user = std::string(254, 'u');
  record.device = std::string(63, 'd');
  record.serial = std::string(64, 'f');
  record.session = SessionId{UINT64_MAX - number};
  record.source = std::string(39, 'f');
  record.address = std::string(39, 'f');
  record.policy = std::string(64, 'f');
  record.counts = {
      {"refused", UINT64_MAX}, {"denials_lost", UINT64_MAX}, {"decisions_lost", UINT64_MAX}, {"attested", UINT64_MAX}};
  record.reason = "certificate_expired_";
  const std::chrono::seconds longest{-1'000'000'000'000};
  record.evidence = AuditEvidence{longest, longest, longest, longest, longest};
  return record;
}

TEST(AuditReserve, IsReckonedWithTheLongestEnd) {
  constexpr std::size_t kChain = 120;
  EXPECT_LE(to_json_line(longest_close(0)).size() + kChain, kLongestClose);
}

/// A gateway's audit file on a file system of its own, which a file beside it fills.
class AuditReserveOnAFullDisk : public testing::Test {
 protected:
  void SetUp() override {
    if (::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "size=16m") != 0) GTEST_SKIP() << "no mount here";
    is_mounted_ = true;
    config_.state = directory_.path();
    config_.audit = directory_.file("audit.jsonl");
    ASSERT_TRUE(keeper_->open(config_, now()).has_value());
  }
  void TearDown() override {
    keeper_.reset();
    if (is_mounted_) ::umount(directory_.path().c_str());
  }
  [[nodiscard]] Now now() const { return {begin_ + later_, parse_utc("2026-11-28T10:00:00Z").value() + later_}; }
  void fill() const {
    std::ofstream file{directory_.file("filler"), std::ios::binary};
    const std::string page(4096, 'f');
    for (std::size_t i = 0; i < 8192 && file; ++i) file << page << std::flush;
  }
  bool write(AuditRecord record) { return keeper_->write(std::move(record), now()); }
  bool write(const char* event) {
    AuditRecord record;
    record.event = event;
    return write(std::move(record));
  }
  void open_sessions() {
    for (std::size_t i = 1; i <= kSessions; ++i) {
      ASSERT_TRUE(keeper_->has_room_for(i, now())) << i;
      ASSERT_TRUE(write("session.open")) << i;
    }
  }

  TemporaryDirectory directory_;
  bool is_mounted_ = false;
  GatewayConfig config_;
  Log log_{std::make_unique<test::SilentSink>()};
  TimePoint begin_ = std::chrono::steady_clock::now();
  std::chrono::seconds later_{0};
  std::unique_ptr<AuditKeeper> keeper_ = std::make_unique<AuditKeeper>(log_);
};

TEST_F(AuditReserveOnAFullDisk, HoldsTheEndsOfAllLiveSessionsWithTheLongestNames) {
  open_sessions();
  fill();
  later_ = 1s;
  keeper_->tick(now());
  for (std::uint64_t i = 0; i < kSessions; ++i) ASSERT_TRUE(write(longest_close(i))) << i;
  EXPECT_TRUE(write("gateway.stop"));
}

TEST_F(AuditReserveOnAFullDisk, IsLeftAloneByAFloodThatFillsTheDiskWithinASecond) {
  open_sessions();
  fill();
  // No tick in between: the file itself notices that nothing else is left.
  int refused = 0;
  while (refused < 100'000 && write("flow.denied")) ++refused;
  EXPECT_LT(refused, 100'000);
  EXPECT_FALSE(keeper_->admits_sessions());
  for (std::uint64_t i = 0; i < kSessions; ++i) ASSERT_TRUE(write(longest_close(i))) << i;
}

TEST_F(AuditReserveOnAFullDisk, LetsNobodyInWhoseEndCouldNotBeWritten) {
  open_sessions();
  fill();
  std::size_t live = kSessions;
  while (live < 100'000 && keeper_->has_room_for(live + 1, now())) ++live;
  EXPECT_LT(live, 100'000U) << "the disk is full";
  for (std::uint64_t i = 0; i < live; ++i) ASSERT_TRUE(write(longest_close(i))) << i << " of " << live;
}

TEST_F(AuditReserveOnAFullDisk, IsNotForWhatDevicesAskFor) {
  open_sessions();
  fill();
  later_ = 1s;
  keeper_->tick(now());
  ASSERT_FALSE(keeper_->admits_sessions());
  EXPECT_FALSE(write("device.renewed"));
  EXPECT_FALSE(write("device.enrolled"));
  EXPECT_TRUE(write("device.revoked"));
}

}  // namespace
}  // namespace sallyport
