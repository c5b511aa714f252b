#include "server/session/session_life.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace sallyport {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const TimePoint kStart{hours{1000}};

SessionLife life(const SessionLimits& limits, std::uint64_t session = 1) {
  SessionLife made{session, kStart};
  made.use(limits, kStart);
  return made;
}

TEST(SessionLife, WithoutLimitsNeverEndsNorMovesNorProbes) {
  const SessionLife life{1, kStart};
  const auto late = kStart + hours{100'000};
  EXPECT_EQ(life.over(late), std::nullopt);
  EXPECT_EQ(life.wants_move(late), std::nullopt);
  EXPECT_FALSE(life.is_silent(late));
  EXPECT_FALSE(life.wants_probe(late));
  EXPECT_EQ(life.next_due(true, true), TimePoint::max());
  EXPECT_EQ(life.left(late), seconds{UINT32_MAX});
}

TEST(SessionLife, EndsWithItsLifetimeToTheMoment) {
  const auto session = life({.lifetime = hours{12}});
  EXPECT_EQ(session.over(kStart + hours{12} - milliseconds{1}), std::nullopt);
  EXPECT_EQ(session.over(kStart + hours{12}), EndReason::LifetimeOver);
  EXPECT_EQ(session.ends(), kStart + hours{12});
}

TEST(SessionLife, AsksToMoveBetween70And90PercentOfItsLifetimeAndOnce) {
  for (std::uint64_t id = 0; id < 1000; ++id) {
    auto session = life({.lifetime = seconds{1000}}, id * 7919);
    EXPECT_GE(session.moves(), kStart + seconds{700});
    EXPECT_LE(session.moves(), kStart + seconds{900});
    EXPECT_EQ(session.wants_move(session.moves() - milliseconds{1}), std::nullopt);
    EXPECT_EQ(session.wants_move(session.moves()), MoveReason::Lifetime);
    EXPECT_GE(session.left(session.moves()), seconds{99});
    session.note_move_told(MoveReason::Lifetime);
    EXPECT_EQ(session.wants_move(session.moves()), std::nullopt);
    EXPECT_TRUE(session.was_told_to_move());
  }
}

TEST(SessionLife, SpreadsSessionsThatBeganTogether) {
  std::vector<TimePoint> moves;
  for (std::uint64_t id = 5000; id < 5100; ++id) moves.push_back(life({.lifetime = seconds{1000}}, id).moves());
  std::sort(moves.begin(), moves.end());
  // A hundred sessions over 200 s: never more than a handful within 6 s.
  for (std::size_t i = 0; i + 6 < moves.size(); ++i) EXPECT_GT(moves[i + 6] - moves[i], seconds{6}) << i;
}

TEST(SessionLife, ALongerLifetimeCountsForALiveSession) {
  auto session = life({.lifetime = hours{1}});
  session.use({.lifetime = hours{12}}, kStart + minutes{30});
  EXPECT_EQ(session.over(kStart + hours{2}), std::nullopt);
  EXPECT_EQ(session.ends(), kStart + hours{12});
  session.use({}, kStart + minutes{40});
  EXPECT_EQ(session.over(kStart + hours{1000}), std::nullopt);
}

TEST(SessionLife, AShorterLifetimeLetsAnOlderSessionMoveFirst) {
  auto session = life({.lifetime = hours{12}});
  const auto now = kStart + hours{3};
  session.use({.lifetime = hours{1}}, now);
  EXPECT_EQ(session.over(now), std::nullopt);
  EXPECT_EQ(session.ends(), now + minutes{5});
  EXPECT_GE(session.moves(), now);
  EXPECT_LE(session.moves(), now + milliseconds{150'000});
  EXPECT_EQ(session.over(now + minutes{5}), EndReason::LifetimeOver);
}

TEST(SessionLife, AShorterLifetimeNeverMakesAnEndLater) {
  auto session = life({.lifetime = seconds{100}});
  const auto now = kStart + seconds{99};
  session.use({.lifetime = seconds{50}}, now);
  EXPECT_EQ(session.ends(), kStart + seconds{100});
}

TEST(SessionLife, TheSameLimitsAgainChangeNothing) {
  auto session = life({.lifetime = seconds{100}});
  session.note_move_told(MoveReason::Lifetime);
  session.use({.lifetime = seconds{100}, .idle_limit = seconds{7}}, kStart + seconds{95});
  EXPECT_EQ(session.wants_move(kStart + seconds{95}), std::nullopt) << "told already";
  EXPECT_EQ(session.ends(), kStart + seconds{100});
}

TEST(SessionLife, EndsWhenNothingPassedForTheIdleLimit) {
  auto session = life({.idle_limit = minutes{30}});
  EXPECT_EQ(session.over(kStart + minutes{30} - milliseconds{1}), std::nullopt);
  EXPECT_EQ(session.over(kStart + minutes{30}), EndReason::Idle);
  session.note_packet(kStart + minutes{29});
  EXPECT_EQ(session.over(kStart + minutes{58}), std::nullopt);
  EXPECT_EQ(session.over(kStart + minutes{59}), EndReason::Idle);
}

TEST(SessionLife, WhatTheClientSaysIsNoTraffic) {
  auto session = life({.idle_limit = minutes{30}, .dead_peer = seconds{30}});
  for (int i = 0; i < 30 * 60; ++i) session.note_heard(kStart + seconds{i});
  EXPECT_EQ(session.over(kStart + minutes{30}), EndReason::Idle);
}

TEST(SessionLife, ASequelIsAsIdleAsTheSessionBefore) {
  auto older = life({.idle_limit = minutes{30}});
  older.note_packet(kStart + minutes{1});
  SessionLife newer{2, kStart + minutes{20}};
  newer.use({.idle_limit = minutes{30}}, kStart + minutes{20});
  newer.follow(older);
  EXPECT_EQ(newer.over(kStart + minutes{31}), EndReason::Idle);
}

TEST(SessionLife, ProbesTwiceBeforeItGivesASilentClientUp) {
  auto session = life({.dead_peer = seconds{30}});
  EXPECT_FALSE(session.wants_probe(kStart + seconds{9}));
  EXPECT_TRUE(session.wants_probe(kStart + seconds{10}));
  EXPECT_EQ(session.note_probe(kStart + seconds{10}), 1U);
  EXPECT_FALSE(session.wants_probe(kStart + seconds{19}));
  EXPECT_TRUE(session.wants_probe(kStart + seconds{20}));
  EXPECT_EQ(session.note_probe(kStart + seconds{20}), 2U);
  EXPECT_FALSE(session.is_silent(kStart + seconds{29}));
  EXPECT_TRUE(session.is_silent(kStart + seconds{30}));
  session.note_heard(kStart + seconds{29});
  EXPECT_FALSE(session.is_silent(kStart + seconds{30}));
  EXPECT_FALSE(session.wants_probe(kStart + seconds{38}));
}

TEST(SessionLife, DrainingAsksAtOnceAndEndsWhatDoesNotMove) {
  auto session = life({.lifetime = hours{12}});
  session.drain(seconds{30}, kStart + minutes{1});
  EXPECT_EQ(session.wants_move(kStart + minutes{1}), MoveReason::Draining);
  EXPECT_EQ(session.left(kStart + minutes{1}), seconds{30});
  session.note_move_told(MoveReason::Draining);
  EXPECT_EQ(session.wants_move(kStart + minutes{1}), std::nullopt);
  session.drain(seconds{3000}, kStart + minutes{1});
  EXPECT_EQ(session.over(kStart + minutes{1} + seconds{30}), EndReason::Drained) << "never later than before";
}

/// Security: CVE-2024-28882 was an exit notice that made a session longer.
TEST(SessionLife, NothingThatHappensToASessionMakesItsLifetimeLonger) {
  std::mt19937_64 random{28882};
  for (int run = 0; run < 1000; ++run) {
    auto session = life({.lifetime = seconds{1000}, .idle_limit = seconds{500}, .dead_peer = seconds{30}}, random());
    TimePoint end = session.ends();
    TimePoint now = kStart;
    for (int step = 0; step < 100; ++step) {
      now += milliseconds{random() % 20'000};
      switch (random() % 6) {
        case 0:
          session.note_packet(now);
          break;
        case 1:
          session.note_heard(now);
          break;
        case 2:
          (void)session.note_probe(now);
          break;
        case 3:
          session.note_move_told(random() % 2 == 0 ? MoveReason::Lifetime : MoveReason::Draining);
          break;
        case 4:
          session.drain(seconds{random() % 2000}, now);
          break;
        default:
          session.follow(SessionLife{1, now});
      }
      ASSERT_LE(session.ends(), end);
      end = session.ends();
    }
  }
}

TEST(SessionLife, IsDueAtEveryMomentAtWhichSomethingChanges) {
  auto session = life({.lifetime = seconds{100}, .idle_limit = seconds{40}, .dead_peer = seconds{30}});
  EXPECT_EQ(session.next_due(true, true), kStart + seconds{10}) << "a probe";
  EXPECT_EQ(session.next_due(true, false), kStart + seconds{40}) << "idle";
  session.note_packet(kStart + seconds{50});
  EXPECT_EQ(session.next_due(true, false), session.moves());
  EXPECT_EQ(session.next_due(false, false), kStart + seconds{90});
  session.note_packet(kStart + seconds{99});
  EXPECT_EQ(session.next_due(false, false), kStart + seconds{100});
}

}  // namespace
}  // namespace sallyport
