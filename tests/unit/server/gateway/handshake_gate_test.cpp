#include "server/gateway/handshake_gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <set>
#include <thread>
#include <vector>

namespace sallyport {
namespace {

constexpr TimePoint kStart{std::chrono::hours{1}};
const IpAddress kSource = *IpAddress::parse("192.0.2.1");
const IpAddress kOther = *IpAddress::parse("192.0.2.2");

HandshakeLimits limits(std::size_t half_open, std::size_t per_source) {
  return {.source = {.per_second = 1, .burst = 1000}, .half_open = half_open, .half_open_per_source = per_source};
}

TEST(HandshakeGate, LetsInAsManyAsMayBeUnderWayAndAnotherWhenOneIsOver) {
  HandshakeGate gate{limits(2, 2)};
  std::optional first{gate.admit(kSource, kStart)};
  const auto second = gate.admit(kOther, kStart);
  ASSERT_TRUE(first->has_value() && second.has_value());
  const auto third = gate.admit(kOther, kStart);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error(), HandshakeRefusal::TooMany);
  first.reset();
  EXPECT_TRUE(gate.admit(kOther, kStart));
}

TEST(HandshakeGate, KeepsOneSourceFromTakingAllPlaces) {
  HandshakeGate gate{limits(10, 1)};
  const auto first = gate.admit(kSource, kStart);
  ASSERT_TRUE(first);
  EXPECT_EQ(gate.admit(kSource, kStart).error(), HandshakeRefusal::TooMany);
  EXPECT_TRUE(gate.admit(kOther, kStart));
}

TEST(HandshakeGate, CountsAPassOnceThatIsHandedOn) {
  HandshakeGate gate{limits(1, 1)};
  {
    auto pass = gate.admit(kSource, kStart);
    ASSERT_TRUE(pass);
    const HandshakeGate::Pass held{std::move(*pass)};
    EXPECT_FALSE(gate.admit(kSource, kStart));
  }
  EXPECT_TRUE(gate.admit(kSource, kStart));
}

TEST(HandshakeGate, RefusesWhoComesTooFast) {
  HandshakeGate gate{{.source = {.per_second = 1, .burst = 2}}};
  EXPECT_TRUE(gate.admit(kSource, kStart));
  EXPECT_TRUE(gate.admit(kSource, kStart));
  EXPECT_EQ(gate.admit(kSource, kStart).error(), HandshakeRefusal::TooFast);
  EXPECT_TRUE(gate.admit(kSource, kStart + std::chrono::seconds{1}));
}

TEST(HandshakeGate, TellsWhoeverBeganFirstToGiveWay) {
  HandshakeGate gate{limits(2, 2)};
  std::vector<std::uint64_t> told;
  const HandshakeGate::GivesWay one = [&](std::uint64_t number) { told.push_back(number); };
  const HandshakeGate::GivesWay another = [&](std::uint64_t) { FAIL() << "it began later"; };
  const auto first = gate.admit(kSource, kStart, &one);
  const auto second = gate.admit(kOther, kStart + std::chrono::milliseconds{500}, &another);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(gate.admit(kOther, kStart + std::chrono::milliseconds{999}, &another)) << "it has just begun";
  std::optional third{gate.admit(kOther, kStart + std::chrono::seconds{1}, &another)};
  ASSERT_TRUE(*third);
  EXPECT_EQ(told, std::vector{first->number()});
  EXPECT_TRUE(gate.is_full()) << "and no place was made twice";
  third.reset();
  EXPECT_FALSE(gate.is_full());
}

TEST(HandshakeGate, MovesWhileItIsFullAndSomebodyGotThroughOnAnyThread) {
  using std::chrono::milliseconds;
  HandshakeGate gate{limits(1, 1)};
  gate.note_good(kStart);
  EXPECT_FALSE(gate.is_moving(kStart)) << "there is room: nobody has to wait";
  const auto pass = gate.admit(kSource, kStart);
  ASSERT_TRUE(pass);
  EXPECT_TRUE(gate.is_moving(kStart + milliseconds{249}));
  EXPECT_FALSE(gate.is_moving(kStart + milliseconds{250})) << "nobody gets further";
  std::thread{[&gate] { gate.note_good(kStart + std::chrono::seconds{1}); }}.join();
  EXPECT_TRUE(gate.is_moving(kStart + std::chrono::seconds{1}));
}

TEST(HandshakeGate, HasACrowdWaitThatComesBeforeItsFirstIsThrough) {
  using std::chrono::milliseconds;
  HandshakeGate gate{limits(1, 1)};
  std::optional pass{gate.admit(kSource, kStart)};
  ASSERT_TRUE(*pass);
  EXPECT_TRUE(gate.is_moving(kStart + milliseconds{249}));
  EXPECT_FALSE(gate.is_moving(kStart + milliseconds{250}));
  pass.reset();
  pass.emplace(gate.admit(kSource, kStart + std::chrono::seconds{1}));
  ASSERT_TRUE(*pass);
  EXPECT_FALSE(gate.is_moving(kStart + std::chrono::seconds{1})) << "strangers have nobody wait again and again";
}

TEST(HandshakeGate, HasNobodyWaitBehindSilentOnesHoweverOftenSomebodyGetsThrough) {
  using std::chrono::milliseconds;
  HandshakeGate gate{limits(2, 1)};
  const auto silent = gate.admit(kSource, kStart);
  const auto another = gate.admit(kOther, kStart);
  ASSERT_TRUE(silent && another);
  for (auto at = kStart; at < kStart + std::chrono::seconds{2}; at += milliseconds{100}) {
    gate.note_good(at);
    const bool may_give_way = at + milliseconds{50} >= kStart + std::chrono::seconds{1};
    EXPECT_EQ(gate.is_moving(at + milliseconds{50}), !may_give_way) << (at - kStart).count();
  }
  EXPECT_TRUE(gate.admit(*IpAddress::parse("192.0.2.3"), kStart + std::chrono::seconds{2}));
}

TEST(HandshakeGate, HasACrowdWaitThatIsServedSlowly) {
  using std::chrono::milliseconds;
  HandshakeGate gate{limits(1, 1)};
  const auto pass = gate.admit(kSource, kStart);
  ASSERT_TRUE(pass);
  for (auto at = kStart; at < kStart + std::chrono::seconds{2}; at += milliseconds{8}) {
    gate.note_good(at);
    ASSERT_TRUE(gate.is_moving(at + milliseconds{7})) << (at - kStart).count();
  }
}

/// One handshake that is over at once.
bool passes(HandshakeGate& gate, const IpAddress& source, TimePoint now,
            Precedence precedence = Precedence::SessionsFirst) {
  const auto pass = gate.admit(source, now, nullptr, precedence);
  if (!pass) {
    EXPECT_EQ(pass.error(), HandshakeRefusal::SessionsFirst);
  }
  return pass.has_value();
}

HandshakeLimits stranger_limits(double per_second = 1000, std::size_t half_open = 1000) {
  HandshakeLimits strict = limits(half_open, half_open);
  strict.strangers_per_second = per_second;
  return strict;
}

IpAddress stranger(std::uint32_t number) { return IpAddress::v4(0xcb007100U + number); }

TEST(HandshakeGate, HoldsAStrangerToOneASecondWhereSessionsComeFirst) {
  HandshakeGate gate{stranger_limits()};
  EXPECT_TRUE(passes(gate, kSource, kStart));
  EXPECT_TRUE(passes(gate, kSource, kStart));
  EXPECT_FALSE(passes(gate, kSource, kStart));
  EXPECT_TRUE(passes(gate, kOther, kStart)) << "each has its own";
  EXPECT_TRUE(passes(gate, kSource, kStart, Precedence::AsTheyCome)) << "only where sessions come first";
  EXPECT_TRUE(passes(gate, kSource, kStart + std::chrono::seconds{1}));
  EXPECT_FALSE(passes(gate, kSource, kStart + std::chrono::seconds{1}));
}

TEST(HandshakeGate, HoldsAllStrangersTogetherWhereSessionsComeFirst) {
  HandshakeGate gate{stranger_limits(10, 20)};
  for (std::uint32_t i = 0; i < 20; ++i) EXPECT_TRUE(passes(gate, stranger(i), kStart)) << i;
  EXPECT_FALSE(passes(gate, stranger(100), kStart));
  const auto later = kStart + std::chrono::milliseconds{100};
  EXPECT_TRUE(passes(gate, stranger(100), later)) << "who was refused for others has lost nothing of its own";
  EXPECT_FALSE(passes(gate, stranger(101), later));
  EXPECT_TRUE(passes(gate, stranger(100), later + std::chrono::milliseconds{100}));
}

TEST(HandshakeGate, TakesNothingFromOthersForWhoeverComesTooOften) {
  HandshakeGate gate{stranger_limits(10, 20)};
  for (int i = 0; i < 500; ++i) (void)passes(gate, kSource, kStart);
  for (std::uint32_t i = 0; i < 18; ++i) EXPECT_TRUE(passes(gate, stranger(i), kStart)) << i;
}

TEST(HandshakeGate, LetsInWhereADeviceCameFromLatelyHoweverManyStrangersThereAre) {
  HandshakeGate gate{stranger_limits(10, 20)};
  gate.give_back(kSource, CountedAs::Usual, kStart);
  for (std::uint32_t i = 0; i < 30; ++i) (void)passes(gate, stranger(i), kStart);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(passes(gate, kSource, kStart)) << i;
  EXPECT_FALSE(passes(gate, kOther, kStart));
}

TEST(HandshakeGate, DoesNotCountStrangersWhoseDevicesAreLetIn) {
  HandshakeGate gate{stranger_limits(1, 2)};
  for (std::uint32_t i = 0; i < 100; ++i) {
    // Fewer than make a crowd.
    const auto now = kStart + std::chrono::milliseconds{20} * i;
    ASSERT_TRUE(passes(gate, stranger(i), now)) << i;
    gate.give_back(stranger(i), CountedAs::Stranger, now);
  }
}

TEST(HandshakeGate, GivesBackOnlyWhatWasTaken) {
  HandshakeGate gate{stranger_limits(0.001, 2)};
  for (std::uint32_t i = 0; i < 2; ++i) EXPECT_TRUE(passes(gate, stranger(i), kStart));
  for (int i = 0; i < 2; ++i) gate.give_back(kSource, CountedAs::Usual, kStart);
  EXPECT_FALSE(passes(gate, stranger(2), kStart)) << "a device that is no stranger makes no room for strangers";
  gate.give_back(stranger(0), CountedAs::Stranger, kStart);
  EXPECT_TRUE(passes(gate, stranger(2), kStart));
}

TEST(HandshakeGate, KnowsWhoWasCountedAsAStranger) {
  HandshakeGate gate{stranger_limits()};
  const auto counted_as = [&](const IpAddress& source, Precedence precedence) {
    const auto pass = gate.admit(source, kStart, nullptr, precedence);
    return pass ? std::optional{pass->counted_as()} : std::nullopt;
  };
  EXPECT_EQ(counted_as(kSource, Precedence::SessionsFirst), CountedAs::Stranger);
  EXPECT_EQ(counted_as(kSource, Precedence::AsTheyCome), CountedAs::Usual);
  gate.give_back(kSource, CountedAs::Stranger, kStart);
  EXPECT_EQ(counted_as(kSource, Precedence::SessionsFirst), CountedAs::Usual) << "it is known now";
}

TEST(HandshakeGate, LetsACrowdOfDevicesInWhereNobodyKnowsThem) {
  HandshakeGate gate{stranger_limits(0.001, 2)};
  for (std::uint32_t i = 0; i < 2; ++i) EXPECT_TRUE(passes(gate, stranger(i), kStart));
  auto now = kStart;
  const auto let_in = [&](std::chrono::milliseconds later) { gate.give_back(kSource, CountedAs::Usual, now += later); };
  for (int i = 0; i < 20; ++i) let_in(std::chrono::milliseconds{50});
  EXPECT_FALSE(passes(gate, stranger(3), now)) << "twenty a second are no crowd";
  for (int i = 0; i < 100; ++i) let_in(std::chrono::milliseconds{5});
  for (std::uint32_t i = 0; i < 200; ++i) EXPECT_TRUE(passes(gate, stranger(i), now)) << i;
  now += std::chrono::milliseconds{200};
  (void)passes(gate, stranger(3), now);
  EXPECT_FALSE(passes(gate, stranger(4), now)) << "it is over";
}

TEST(HandshakeGate, TakesHandshakesOfDevicesThatAreNotLetInForNoCrowd) {
  HandshakeGate gate{stranger_limits(0.001, 2)};
  for (std::uint32_t i = 0; i < 2; ++i) EXPECT_TRUE(passes(gate, stranger(i), kStart));
  auto now = kStart;
  for (int i = 0; i < 500; ++i) gate.note_good(now += std::chrono::milliseconds{2});
  EXPECT_FALSE(passes(gate, stranger(3), now)) << "one certificate completes as many as it likes";
}

TEST(HandshakeGate, HasANameForEveryRefusal) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kHandshakeRefusals; ++i) names.insert(name_of(static_cast<HandshakeRefusal>(i)));
  EXPECT_EQ(names.size(), kHandshakeRefusals);
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(HandshakeGate, HoldsItsLimitsWhenSeveralThreadsAsk) {
  constexpr std::size_t kMost = 8;
  HandshakeGate gate{limits(kMost, kMost)};
  std::atomic<std::size_t> under_way{0};
  std::atomic<std::size_t> most{0};
  std::atomic<std::size_t> admitted{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const IpAddress source = IpAddress::v4(0xc0000200U + static_cast<std::uint32_t>(i));
      for (int tries = 0; tries < 300; ++tries) {
        std::vector<HandshakeGate::Pass> passes;
        for (int at_once = 0; at_once < 4; ++at_once) {
          auto pass = gate.admit(source, kStart);
          if (!pass) continue;
          passes.push_back(std::move(*pass));
          ++admitted;
          const auto now = ++under_way;
          auto seen = most.load();
          while (seen < now && !most.compare_exchange_weak(seen, now)) {
          }
        }
        under_way -= passes.size();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_GT(admitted, 0U);
  EXPECT_LE(most, kMost);
  std::vector<HandshakeGate::Pass> all;
  const IpAddress quiet = *IpAddress::parse("198.51.100.1");
  while (auto pass = gate.admit(quiet, kStart)) all.push_back(std::move(*pass));
  EXPECT_EQ(all.size(), kMost) << "every place was given back";
}

}  // namespace
}  // namespace sallyport
