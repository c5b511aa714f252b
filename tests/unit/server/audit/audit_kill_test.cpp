#include "tests/support/last_said.hpp"
#include "tests/unit/server/audit/audit_fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <random>
#include <sstream>
#include <thread>

namespace sallyport {
namespace {

constexpr int kKills = 200;
/// A process that is left alone ends by itself.
constexpr int kMostRecords = 200'000;
constexpr AuditLimits kSmallFiles{.file_size = 20'000, .files = 4};

using AuditUnderKill = AuditTest;

/// Writes record after record, a head now and then, and says into `done` the number of each that is written. Never
/// returns.
[[noreturn]] void write_until_killed(const AuditPlaces& places, int done) {
  auto log = AuditLog::open(places, kSmallFiles, kAuditStart);
  if (!log) ::_exit(3);
  for (int i = 0; i < kMostRecords; ++i) {
    if (!(*log)->append(audit_record("session.open", std::to_string(i)))) ::_exit(4);
    const auto number = (*log)->last();
    if (::write(done, &number, sizeof number) != sizeof number) ::_exit(5);
    if (i % 7 == 0 && !(*log)->settle(kAuditStart)) ::_exit(6);
  }
  ::_exit(0);
}

TEST_F(AuditUnderKill, LosesNothingThatItSaidWasWrittenAndVerifiesAfterwards) {
  std::mt19937 random{4};
  std::uint64_t said = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      write_until_killed(places_, ends[1]);
    }
    ::close(ends[1]);
    // However slow this machine is: half of them are killed while they write, and the others whenever it comes.
    if (kill % 2 == 1) await_word(ends[0]);
    std::this_thread::sleep_for(std::chrono::microseconds{500 + random() % 6000});
    ::kill(child, SIGKILL);
    int status = 0;
    said = std::max(said, last_said(ends[0]));
    ::close(ends[0]);
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself: " << status;
    const auto log = open(kSmallFiles);
    ASSERT_NE(log, nullptr);
    ASSERT_GE(log->last(), said) << "kill " << kill;
    ASSERT_TRUE(log->append(audit_record("session.close")).has_value());
    ASSERT_TRUE(log->settle(kAuditStart).has_value());
    const auto verdict = verify();
    ASSERT_FALSE(verdict.fault.has_value())
        << "kill " << kill << ": " << verdict.fault->file << ':' << verdict.fault->line << ": " << verdict.fault->words;
  }
  EXPECT_GT(said, static_cast<std::uint64_t>(kKills));
}

}  // namespace
}  // namespace sallyport
