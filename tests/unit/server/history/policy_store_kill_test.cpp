#include "server/history/policy_store.hpp"
#include "tests/support/last_said.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/server/history/versions.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <random>
#include <thread>

namespace sallyport {
namespace {

constexpr int kKills = 200;
/// A process that is left alone ends by itself.
constexpr int kMostSaves = 100'000;

PackedPolicy numbered(std::uint64_t number) {
  // Large enough that writing it takes a while.
  return *pack_policy({{"10.toml", "# " + std::to_string(number) + std::string(20'000, 'x') + '\n'}});
}

/// Brings version after version into the history and says into `done` which of them are there. Never returns.
[[noreturn]] void save_until_killed(const std::string& directory, int done) {
  const PolicyStore store{directory};
  for (int i = 0; i < kMostSaves; ++i) {
    const auto loaded = store.load();
    if (!loaded) ::_exit(3);
    auto record = *loaded ? **loaded : PolicyRecord{};
    const auto number = record.running() == nullptr ? 1 : static_cast<std::uint64_t>(record.running()->number) + 1;
    const auto policy = numbered(number);
    PolicyVersion version;
    version.time = at_minute(0);
    version.hash = "00c0ffee";
    version.digest = policy.digest;
    version.size = policy.octets.size();
    version.how = Activation::Apply;
    version.by = "root";
    record.take(version);
    if (!store.keep(policy) || !store.save(record)) ::_exit(4);
    if (::write(done, &number, sizeof number) != sizeof number) ::_exit(5);
  }
  ::_exit(0);
}

TEST(PolicyStoreUnderKill, HoldsTheOldRecordOrTheNewOneWherever) {
  const TemporaryDirectory directory;
  const auto path = directory.file("policy");
  std::mt19937 random{7};
  std::uint64_t known = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) save_until_killed(path, pipe[1]);
    ::close(pipe[1]);
    std::this_thread::sleep_for(std::chrono::microseconds{random() % 8'000});
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it failed by itself, with " << WEXITSTATUS(status);
    known = std::max(known, last_said(pipe[0]));
    ::close(pipe[0]);
    const PolicyStore store{path};
    const auto loaded = store.load();
    ASSERT_TRUE(loaded.has_value()) << "kill " << kill << ": " << to_string(loaded.error());
    const auto* running = *loaded ? (*loaded)->running() : nullptr;
    const auto number = running == nullptr ? 0 : static_cast<std::uint64_t>(running->number);
    ASSERT_TRUE(number == known || number == known + 1) << "kill " << kill << ": " << number << " after " << known;
    known = number;
    if (running == nullptr) continue;
    for (const auto& version : (*loaded)->versions())
      ASSERT_TRUE(store.files(version.digest).has_value()) << "kill " << kill << ": " << to_string(version.number);
  }
  EXPECT_GT(known, 10U) << "the kills came before anything was saved";
  RecordProperty("versions", std::to_string(known));
}

}  // namespace
}  // namespace sallyport
