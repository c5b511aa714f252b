#include "tests/unit/server/store/store_fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <thread>

namespace sallyport {
namespace {

class TokenStore : public StoreTest {
 protected:
  void create(unsigned token, const TokenGrant& grant) {
    const auto done = store().create_token("t" + std::to_string(token), hash_of(token), grant, at_second(0));
    ASSERT_TRUE(done) << done.error().words;
  }
  static Enrolment for_user(const std::string& device, const std::string& serial) {
    return {DeviceId{device}, UserId{"ana@example.com"}, serial, at_second(90 * 86400)};
  }
  StoreProblem use(unsigned token, const Enrolment& enrolment, std::int64_t second = 1) {
    const auto used = store().enroll_by_token(hash_of(token), enrolment, at_second(second));
    return used ? StoreProblem::Cancelled : used.error().problem;  // Cancelled: none of the problems expected here
  }
  unsigned used(unsigned token) {
    const auto id = "t" + std::to_string(token);
    const auto all = store().tokens();
    for (const auto& record : *all) {
      if (record.id == id) return record.used;
    }
    return 999;
  }
  static constexpr auto kDone = StoreProblem::Cancelled;
};

TEST_F(TokenStore, EnrolsOneDeviceByOneToken) {
  create(1, grant_of("ana@example.com"));
  EXPECT_EQ(use(1, for_user("ana-1", "0a")), kDone);
  EXPECT_EQ(use(1, for_user("ana-2", "0b")), StoreProblem::TokenUsedUp);
  EXPECT_FALSE(*store().device(DeviceId{"ana-2"}));
  EXPECT_EQ(store().certificates()->size(), 1U);
  reopen();
  EXPECT_EQ(used(1), 1U);
}

TEST_F(TokenStore, CountsUsesUpToTheLast) {
  create(1, grant_of("ana@example.com", 3));
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(use(1, for_user(name, std::string{"0"} + name)), kDone);
  EXPECT_EQ(use(1, for_user("d", "0d")), StoreProblem::TokenUsedUp);
}

TEST_F(TokenStore, RefusesUnknownExpiredAndRevokedTokens) {
  create(1, grant_of("ana@example.com"));
  create(2, grant_of("ana@example.com"));
  EXPECT_EQ(use(9, for_user("a", "0a")), StoreProblem::UnknownToken);
  EXPECT_EQ(use(1, for_user("a", "0a"), 3600), StoreProblem::TokenExpired) << "its last second is over";
  EXPECT_EQ(use(1, for_user("a", "0a"), 3599), kDone);
  ASSERT_TRUE(store().revoke_token("t2", at_second(1)));
  EXPECT_EQ(use(2, for_user("b", "0b")), StoreProblem::TokenRevoked);
  EXPECT_TRUE(store().revoke_token("t2", at_second(2))) << "twice is no error";
  EXPECT_EQ(store().revoke_token("t9", at_second(1)).error().problem, StoreProblem::UnknownToken);
}

TEST_F(TokenStore, BelongsToOnePersonAndOneDevice) {
  create(1, grant_of("bo@example.com"));
  EXPECT_EQ(use(1, for_user("ana-1", "0a")), StoreProblem::Conflict);
  auto grant = grant_of("ana@example.com");
  grant.device = DeviceId{"ana-laptop"};
  create(2, grant);
  EXPECT_EQ(use(2, for_user("other", "0a")), StoreProblem::Conflict);
  EXPECT_EQ(use(2, for_user("ana-laptop", "0a")), kDone);
  EXPECT_EQ(used(1), 0U);
}

TEST_F(TokenStore, ReplacesADeviceOnlyWhenItMay) {
  enroll("ana", "0a");
  auto grant = grant_of("ana@example.com");
  grant.device = DeviceId{"ana"};
  create(1, grant);
  EXPECT_EQ(use(1, for_user("ana", "0b")), StoreProblem::AlreadyEnrolled);
  EXPECT_EQ(used(1), 0U) << "a refusal uses nothing up";
  grant.replace = Replace::Yes;
  create(2, grant);
  EXPECT_EQ(use(2, for_user("ana", "0b")), kDone);
  EXPECT_EQ((*store().device(DeviceId{"ana"}))->serial, "0b");
  EXPECT_EQ(store().revoked_serials(at_second(1))->front().serial, "0a");
}

TEST_F(TokenStore, IsUsedOnceWhenManyTryAtOnce) {
  create(1, grant_of("ana@example.com"));
  reopen();
  constexpr int kWriters = 6;
  std::array<bool, kWriters> won{};
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([this, i, &won] {
      auto own = Store::open(path());
      ASSERT_TRUE(own) << own.error().words;
      const auto name = "ana-" + std::to_string(i);
      won[static_cast<std::size_t>(i)] =
          own->enroll_by_token(hash_of(1), for_user(name, "0" + std::to_string(i)), at_second(1)).has_value();
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(std::count(won.begin(), won.end(), true), 1);
  EXPECT_EQ(store().devices()->size(), 1U);
  EXPECT_EQ(store().certificates()->size(), 1U);
  EXPECT_EQ(used(1), 1U);
}

/// A process that enrols by one token after the other until it is killed.
[[noreturn]] void enrol_forever(const std::string& path) {
  auto store = Store::open(path);
  if (!store) ::_exit(1);
  for (unsigned i = 1; i < 200; ++i) {
    const auto name = "d" + std::to_string(i);
    (void)store->enroll_by_token(hash_of(i), {DeviceId{name}, UserId{"ana@example.com"}, "0" + name, at_second(900)},
                                 at_second(1));
  }
  ::_exit(0);
}

TEST_F(TokenStore, HoldsUsesAndCertificatesTogetherWhereverItIsKilled) {
  for (unsigned i = 1; i < 200; ++i) create(i, grant_of("ana@example.com"));
  for (int round = 0; round < 20; ++round) {
    reopen();
    const pid_t child = ::fork();
    if (child == 0) enrol_forever(path());
    ::usleep(static_cast<useconds_t>(700 * (round + 1)));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    std::size_t uses = 0;
    const auto all = store().tokens();
    ASSERT_TRUE(all);
    for (const auto& token : *all) uses += token.used;
    ASSERT_EQ(store().certificates()->size(), uses);
    ASSERT_EQ(store().devices()->size(), uses);
  }
}

TEST_F(TokenStore, KeepsNoTokenThatCouldBeRead) {
  create(1, grant_of("ana@example.com"));
  const auto token = store().usable_token(hash_of(1), at_second(1));
  ASSERT_TRUE(token);
  EXPECT_EQ(token->id, "t1");
  EXPECT_EQ(token->grant, grant_of("ana@example.com"));
  EXPECT_EQ(store().create_token("t2", hash_of(1), grant_of("bo@example.com"), at_second(0)).error().problem,
            StoreProblem::Conflict);
}

}  // namespace
}  // namespace sallyport
