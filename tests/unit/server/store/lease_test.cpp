#include "tests/support/last_said.hpp"
#include "tests/unit/server/store/store_fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <random>
#include <set>

namespace sallyport {
namespace {

const PoolPrefixes kBoth = pools_of("10.99.0.0/24", "fd12:3456:789a::/64");

TEST_F(StoreTest, LeasesTheFirstFreeAddressesOfBothFamilies) {
  enroll("ana", "0a01");
  enroll("bo", "0a02");
  EXPECT_EQ(*store().lease(DeviceId{"ana"}, kBoth, at_second(3)),
            (Lease{IpAddress::parse("10.99.0.2"), IpAddress::parse("fd12:3456:789a::2"), at_second(3)}));
  EXPECT_EQ(*store().lease(DeviceId{"bo"}, kBoth, at_second(4)),
            (Lease{IpAddress::parse("10.99.0.3"), IpAddress::parse("fd12:3456:789a::3"), at_second(4)}));
  EXPECT_EQ(store().leases()->at(DeviceId{"bo"}).last_seen, at_second(4));
}

TEST_F(StoreTest, GivesADeviceItsAddressAgainAfterARestart) {
  enroll("ana", "0a01");
  enroll("bo", "0a02");
  EXPECT_EQ(v4_of("ana", kBoth), "10.99.0.2");
  EXPECT_EQ(v4_of("bo", kBoth), "10.99.0.3");
  ASSERT_TRUE(store().release(DeviceId{"ana"}));
  reopen();
  EXPECT_EQ(v4_of("bo", kBoth), "10.99.0.3");
  EXPECT_EQ(v4_of("ana", kBoth), "10.99.0.2");
}

TEST_F(StoreTest, WritesALeaseThatDidNotChangeAtMostOnceAnHour) {
  enroll("ana", "0a01");
  ASSERT_TRUE(store().lease(DeviceId{"ana"}, kBoth, at_second(0)));
  ASSERT_TRUE(store().lease(DeviceId{"ana"}, kBoth, at_second(3599)));
  EXPECT_EQ(store().leases()->at(DeviceId{"ana"}).last_seen, at_second(0));
  ASSERT_TRUE(store().lease(DeviceId{"ana"}, kBoth, at_second(3600)));
  EXPECT_EQ(store().leases()->at(DeviceId{"ana"}).last_seen, at_second(3600));
}

TEST_F(StoreTest, GivesALeaseThatStandsWhileSomebodyElseWrites) {
  enroll("ana", "0a01");
  ASSERT_TRUE(store().lease(DeviceId{"ana"}, kBoth, at_second(0)));
  auto other = Store::open_or_create(path());
  ASSERT_TRUE(other);
  bool was_asked = false;
  const auto published =
      other->publish_crl(0, at_second(0), [&](const Store::CrlContent&) -> std::optional<std::string> {
        was_asked = true;
        const auto standing = store().lease(DeviceId{"ana"}, kBoth, at_second(3599));
        EXPECT_TRUE(standing);
        EXPECT_EQ(standing->last_seen, at_second(0));
        const auto stale = store().lease(DeviceId{"ana"}, kBoth, at_second(3600));
        EXPECT_FALSE(stale) << "there is something to write, which must wait";
        return std::nullopt;
      });
  EXPECT_TRUE(published);
  EXPECT_TRUE(was_asked);
  EXPECT_TRUE(store().lease(DeviceId{"ana"}, kBoth, at_second(3600)));
}

TEST_F(StoreTest, LeasesOnlyTheFamiliesOfThePool) {
  enroll("ana", "0a01");
  const auto lease = store().lease(DeviceId{"ana"}, pools_of(nullptr, "fd00::/64"), at_second(0));
  ASSERT_TRUE(lease);
  EXPECT_FALSE(lease->v4);
  EXPECT_EQ(lease->v6, IpAddress::parse("fd00::2"));
}

TEST_F(StoreTest, MovesADeviceWhenThePoolMoves) {
  enroll("ana", "0a01");
  EXPECT_EQ(v4_of("ana", kBoth), "10.99.0.2");
  EXPECT_EQ(v4_of("ana", pools_of("10.50.0.0/24", nullptr)), "10.50.0.2");
  // The old address became the gateway's own.
  EXPECT_EQ(v4_of("ana", pools_of("10.50.0.0/29", nullptr)), "10.50.0.2");
  EXPECT_EQ(v4_of("ana", pools_of("10.50.0.1/32", nullptr)), "exhausted");
}

TEST_F(StoreTest, LeasesNothingToDevicesThatAreNotActive) {
  enroll("ana", "0a01");
  set_state("ana", DeviceState::Disabled);
  EXPECT_EQ(v4_of("ana", kBoth), "not_active");
  set_state("ana", DeviceState::Revoked);
  EXPECT_EQ(v4_of("ana", kBoth), "not_active");
  EXPECT_EQ(v4_of("nobody", kBoth), "unknown_device");
}

TEST_F(StoreTest, SaysThatThePoolIsExhausted) {
  const auto small = pools_of("10.99.0.0/30", nullptr);
  enroll("ana", "0a01");
  enroll("bo", "0a02");
  EXPECT_EQ(v4_of("ana", small), "10.99.0.2");
  EXPECT_EQ(v4_of("bo", small), "exhausted");
  set_state("ana", DeviceState::Disabled);
  EXPECT_EQ(v4_of("bo", small), "exhausted") << "a disabled device keeps its address";
}

TEST_F(StoreTest, TakesBackTheLongestUnusedAddressOfARevokedDevice) {
  const auto small = pools_of("10.99.0.0/29", nullptr);
  for (const auto* id : {"a", "b", "c", "d", "e"}) enroll(id, std::string{"0a0"} + id);
  EXPECT_EQ(v4_of("a", small, 50), "10.99.0.2");
  EXPECT_EQ(v4_of("b", small, 30), "10.99.0.3");
  EXPECT_EQ(v4_of("c", small, 20), "10.99.0.4");
  EXPECT_EQ(v4_of("d", small, 40), "10.99.0.5");
  EXPECT_EQ(v4_of("e", small, 10), "10.99.0.6");
  for (const auto* id : {"a", "b", "d"}) set_state(id, DeviceState::Revoked);
  for (const auto* id : {"x", "y", "z", "w"}) enroll(id, std::string{"0b0"} + id);
  EXPECT_EQ(v4_of("x", small), "10.99.0.3");
  EXPECT_EQ(v4_of("y", small), "10.99.0.5");
  EXPECT_EQ(v4_of("z", small), "10.99.0.2");
  EXPECT_EQ(v4_of("w", small), "exhausted");
  EXPECT_EQ(v4_of("c", small), "10.99.0.4");
}

TEST_F(StoreTest, AnExhaustedPoolTakesTheAddressOfWhomMayLoseItTheLongestUnusedFirst) {
  const auto small = pools_of("10.99.0.0/29", nullptr);
  for (const auto* id : {"a", "b", "c", "d", "e", "x", "y"}) enroll(id, std::string{"0a0"} + id);
  for (const auto* id : {"a", "b", "c", "d", "e"}) (void)v4_of(id, small, 10 + id[0]);
  ASSERT_TRUE(store().touch_leases({DeviceId{"a"}}, at_second(5000)));
  const auto connected = [](const DeviceId& id, bool) { return id.text() != "b"; };
  const auto taken = store().lease(DeviceId{"x"}, small, at_second(6000), connected);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->v4, IpAddress::parse("10.99.0.4")) << "b is connected, a was seen last";
  EXPECT_EQ(taken->taken_from, std::vector{DeviceId{"c"}});
  EXPECT_FALSE(store().leases()->at(DeviceId{"c"}).v4);
  EXPECT_EQ(v4_of("y", small), "exhausted") << "and nobody loses one where nobody may";
  EXPECT_EQ(v4_of("c", small), "exhausted");
  const auto again = store().lease(DeviceId{"x"}, small, at_second(6001), connected);
  EXPECT_TRUE(again->taken_from.empty());
}

TEST_F(StoreTest, AnExhaustedPoolTakesFromRevokedDevicesFirst) {
  const auto small = pools_of("10.99.0.0/29", nullptr);
  for (const auto* id : {"a", "b", "c", "d", "e", "x"}) enroll(id, std::string{"0a0"} + id);
  for (const auto* id : {"a", "b", "c", "d", "e"}) (void)v4_of(id, small, 10 + id[0]);
  set_state("e", DeviceState::Revoked);
  const auto taken = store().lease(DeviceId{"x"}, small, at_second(6000), [](const DeviceId&, bool) { return true; });
  EXPECT_EQ(taken->taken_from, std::vector{DeviceId{"e"}});
}

TEST_F(StoreTest, ARevokedDeviceKeepsItsAddressWhileItMayNotLoseIt) {
  const auto small = pools_of("10.99.0.0/29", nullptr);
  for (const auto* id : {"a", "b", "c", "d", "e", "x"}) enroll(id, std::string{"0a0"} + id);
  for (const auto* id : {"a", "b", "c", "d", "e"}) (void)v4_of(id, small, 10 + id[0]);
  for (const auto* id : {"d", "e"}) set_state(id, DeviceState::Revoked);
  const auto is_gone = [](const DeviceId& id, bool is_revoked) { return is_revoked && id.text() != "d"; };
  const auto taken = store().lease(DeviceId{"x"}, small, at_second(6000), is_gone);
  EXPECT_EQ(taken->taken_from, std::vector{DeviceId{"e"}}) << "d is connected still";
  enroll("y", "0a0f");
  const auto none = store().lease(DeviceId{"y"}, small, at_second(6000), is_gone);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().problem, StoreProblem::Exhausted);
}

TEST_F(StoreTest, GivesTheAddressesAgainThatAnotherProcessFreed) {
  for (const auto* id : {"a", "b", "c"}) enroll(id, std::string{"0a0"} + id);
  for (const auto* id : {"a", "b"}) (void)v4_of(id, kBoth);
  auto other = Store::open(path());
  ASSERT_TRUE(other);
  ASSERT_TRUE(other->release(DeviceId{"a"}));
  EXPECT_EQ(v4_of("c", kBoth), "10.99.0.2");
  const auto a = other->lease(DeviceId{"a"}, kBoth, at_second(1));
  ASSERT_TRUE(a) << a.error().words;
  EXPECT_EQ(a->v4, IpAddress::parse("10.99.0.4")) << "and what this process gave meanwhile is known there";
}

TEST_F(StoreTest, GivesTheAddressOfAForgottenDeviceAgain) {
  for (const auto* id : {"a", "b", "c"}) enroll(id, std::string{"0a0"} + id);
  for (const auto* id : {"a", "b"}) (void)v4_of(id, kBoth);
  ASSERT_TRUE(store().forget_devices_of(UserId{"a@example.com"}, at_second(1)));
  EXPECT_EQ(v4_of("c", kBoth), "10.99.0.2");
}

TEST_F(StoreTest, GivesAnAddressAgainThatItsDeviceLeftForAnotherPool) {
  for (const auto* id : {"a", "b", "c"}) enroll(id, std::string{"0a0"} + id);
  const auto only_v6 = pools_of(nullptr, "fd00::/64");
  EXPECT_EQ(v4_of("a", kBoth), "10.99.0.2");
  EXPECT_EQ(v4_of("b", kBoth), "10.99.0.3");
  EXPECT_EQ(v4_of("a", only_v6), "none");
  EXPECT_EQ(v4_of("c", kBoth), "10.99.0.2");
  EXPECT_EQ(v4_of("a", kBoth), "10.99.0.4");
}

/// Says into `done` that it gave one.
[[noreturn]] void lease_until_killed(const std::string& path, std::size_t first, int done) {
  auto store = Store::open(path);
  for (std::size_t i = first; store; ++i) {
    if (!store->lease(DeviceId{"device-" + std::to_string(i)}, kBoth, at_second(0))) break;
    if (::write(done, "x", 1) != 1) break;
  }
  ::_exit(1);
}

TEST_F(StoreTest, KnowsAfterAKillWhatWasGiven) {
  constexpr std::size_t kDevices = 240;
  constexpr int kKills = 8;
  for (std::size_t i = 0; i < kDevices; ++i) enroll("device-" + std::to_string(i), "0b" + std::to_string(1000 + i));
  std::size_t given = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    reopen();
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) lease_until_killed(path(), given, ends[1]);
    await_word(ends[0]);
    ::usleep(static_cast<useconds_t>(kill * 500));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    ::close(ends[0]);
    ::close(ends[1]);
    const auto leases = store().leases();
    ASSERT_TRUE(leases) << leases.error().words;
    std::set<IpAddress> seen;
    for (const auto& [device, lease] : *leases) ASSERT_TRUE(note_addresses(seen, lease)) << device.text();
    ASSERT_GE(leases->size(), given);
    given = leases->size();
    if (given == kDevices) break;
    EXPECT_EQ(v4_of("device-" + std::to_string(given), kBoth), "10.99.0." + std::to_string(given + 2));
    ++given;
  }
  EXPECT_GT(given, static_cast<std::size_t>(kKills)) << "or no process gave one before it was killed";
}

/// Random enrolments, leases, releases, revocations and restarts.
class RandomLeases : public StoreTest {
 protected:
  void step(int number) {
    const DeviceId id{"device-" + std::to_string(random_() % 36)};
    const auto now = at_second(number);
    const auto dice = random_() % 20;
    if (dice == 0) {
      reopen();
    } else if (dice == 1) {
      (void)store().set_state(id, DeviceState::Revoked, now);
      given_.erase(id);
    } else if (dice == 2) {
      auto other = Store::open(path());
      ASSERT_TRUE(other);
      ASSERT_TRUE((random_() % 2 == 0 ? store() : *other).release(id));
      given_.erase(id);
    } else if (dice < 6) {
      const Enrolment enrolment{id, UserId{"u@example.com"}, "aa" + std::to_string(number), now};
      ASSERT_TRUE(store().enroll(enrolment, Replace::Yes, now));
    } else {
      take_lease(id, now);
    }
  }

  void take_lease(const DeviceId& id, WallTime now) {
    const auto before = store().leases();
    ASSERT_TRUE(before) << before.error().words;
    const auto lease = store().lease(id, kSmall, now);
    if (lease) {
      ++granted_;
      const auto had = before->find(id);
      expect_lowest(*before, kSmall.v4, had == before->end() ? std::nullopt : had->second.v4, lease->v4);
      expect_lowest(*before, kSmall.v6, had == before->end() ? std::nullopt : had->second.v6, lease->v6);
      given_[id] = *lease;
      return;
    }
    ASSERT_NE(lease.error().problem, StoreProblem::Conflict) << lease.error().words;
    exhausted_ += lease.error().problem == StoreProblem::Exhausted ? 1 : 0;
  }

  /// By walking through the pool. Where nothing is free, somebody lost theirs.
  static void expect_lowest(const std::map<DeviceId, Lease>& before, const std::optional<IpPrefix>& prefix,
                            const std::optional<IpAddress>& had, const std::optional<IpAddress>& given) {
    if (had) {
      ASSERT_EQ(given, had);
      return;
    }
    std::set<IpAddress> taken;
    for (const auto& [device, lease] : before) (void)note_addresses(taken, lease);
    const AddressPool pool{*prefix};
    for (auto free = pool.gateway().next(); free && pool.can_lease(*free); free = free->next()) {
      if (taken.contains(*free)) continue;
      ASSERT_EQ(given, free);
      return;
    }
    ASSERT_TRUE(given && taken.contains(*given));
  }

  void check() {
    const auto leases = store().leases();
    ASSERT_TRUE(leases) << leases.error().words;
    std::set<IpAddress> seen{*IpAddress::parse("10.99.0.1"), *IpAddress::parse("fd00::1")};
    for (const auto& [device, lease] : *leases) ASSERT_TRUE(note_addresses(seen, lease)) << device.text();
    for (const auto& [device, lease] : given_) {
      if ((*store().device(device))->state != DeviceState::Active) continue;
      ASSERT_EQ(leases->at(device).v4, lease.v4) << "an active device lost its address: " << device.text();
    }
  }

  const PoolPrefixes kSmall = pools_of("10.99.0.0/27", "fd00::/122");  // fewer addresses than devices
  std::mt19937 random_{20261121};
  std::map<DeviceId, Lease> given_;
  int granted_ = 0;
  int exhausted_ = 0;
};

TEST_F(RandomLeases, GiveNoAddressTwiceInTenThousandOperations) {
  constexpr int kOperations = 10'000;
  for (int i = 0; i < kOperations && !HasFatalFailure(); ++i) {
    step(i);
    if (i % 16 == 0) check();
  }
  EXPECT_GT(granted_, kOperations / 2);
  EXPECT_GT(exhausted_, 0);
}

}  // namespace
}  // namespace sallyport
