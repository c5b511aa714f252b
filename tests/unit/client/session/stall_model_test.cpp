#include "client/session/stall_watch.hpp"
#include "tests/unit/client/session/simulated_stream.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <optional>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

enum class Use { Download, Upload, Pages };
enum Tag : int { kData, kAnswerTo, kQuestion };

/// A session over a simulated way: what a person does with it, and the watch beside.
class SimulatedSession {
 public:
  SimulatedSession(Use use, Duration round_trip, double loss, unsigned seed)
      : way_{.round_trip = round_trip, .loss = loss}, use_{use}, random_{seed} {
    watch_.note_verified();
    watch_.note_online();
  }

  /// Runs on for `time`; when the watch found it stalled first, since then.
  std::optional<Duration> run(Duration time) {
    const TimePoint from = now_;
    std::optional<Duration> first;
    for (const TimePoint until = now_ + time; now_ < until; now_ += kTick) {
      work();
      up_.advance(now_);
      down_.advance(now_);
      if (look() && !first) first = now_ - from;
    }
    return first;
  }

  [[nodiscard]] int stalls() const noexcept { return stalls_; }
  SimulatedWay& way() noexcept { return way_; }

 private:
  static constexpr Duration kTick = milliseconds{5};
  static constexpr std::size_t kWindow = 40;

  void work() {
    if (use_ == Use::Download && down_.unacknowledged() < kWindow) down_.send(kData, true, now_);
    if (use_ == Use::Upload && up_.unacknowledged() < kWindow) say(kData, true);
    if (use_ != Use::Pages || now_ < next_page_) return;
    next_page_ = now_ + milliseconds{200 + random_() % 4000};
    say(kAnswerTo, false);
  }

  void say(int tag, bool is_large) {
    up_.send(tag, is_large, now_);
    watch_.note_sent(now_);
  }

  /// The gateway, and who is behind it. The connections inside acknowledge every other packet.
  void on_up(int tag) {
    if (tag == kData && ++heard_ % 2 == 0) down_.send(kQuestion, false, now_);
    if (tag == kQuestion) down_.send(kQuestion, false, now_);
    for (int i = 0; tag == kAnswerTo && i < 8; ++i) down_.send(kData, i < 7, now_);
  }
  void on_down(int tag) {
    watch_.note_received(now_);
    if (tag == kData && use_ == Use::Download && ++heard_ % 2 == 0) say(kAnswerTo + kQuestion, false);
  }

  bool look() {
    const StreamSample sample{.unacknowledged = static_cast<std::uint32_t>(up_.unacknowledged()),
                              .retransmits = up_.retransmits(),
                              .out_of_order = 0,
                              .acknowledged = up_.acknowledged(),
                              .round_trip = up_.round_trip(),
                              .variation = up_.variation()};
    const auto finding = watch_.look(sample, now_);
    if (finding == StallWatch::Finding::Ask) up_.send(kQuestion, false, now_);
    const bool is_stalled = finding == StallWatch::Finding::Stalled;
    stalls_ += is_stalled ? 1 : 0;
    return is_stalled;
  }

  SimulatedWay way_;
  Use use_;
  std::mt19937 random_;
  TimePoint now_{seconds{1000}};
  TimePoint next_page_{};
  StallWatch watch_{now_};
  SimulatedStream up_{way_, random_, [this](int tag) { on_up(tag); }};
  SimulatedStream down_{way_, random_, [this](int tag) { on_down(tag); }};
  unsigned heard_ = 0;
  int stalls_ = 0;
};

constexpr Use kUses[]{Use::Download, Use::Upload, Use::Pages};
constexpr int kRoundTrips[]{2, 20, 50, 100, 200, 400};

/// False alarms in `time` of each use and round trip.
int alarms_at(double loss, Duration time, unsigned seeds) {
  int alarms = 0;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    for (const auto use : kUses) {
      for (const int round_trip : kRoundTrips) {
        SimulatedSession session{use, milliseconds{round_trip}, loss, seed};
        (void)session.run(time);
        if (session.stalls() > 0)
          std::cout << static_cast<int>(use) << ' ' << round_trip << " ms: " << session.stalls() << '\n';
        alarms += session.stalls();
      }
    }
  }
  return alarms;
}

TEST(StallModel, FindsNoStallWhereNothingIsLost) { EXPECT_EQ(alarms_at(0, minutes{2}, 2), 0); }

TEST(StallModel, FindsNoStallInOnePercentOfLoss) { EXPECT_EQ(alarms_at(0.01, minutes{5}, 3), 0); }

TEST(StallModel, FindsOneInAnHourAtMostInThreePercentOfLoss) {
  // 18 sessions of 5 minutes, 3 times.
  EXPECT_LE(alarms_at(0.03, minutes{5}, 3), 4);
}

/// The longest until a hole is found, from the moment it opened on.
Duration slowest_at(Use use, int round_trip, double loss) {
  Duration slowest{};
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SimulatedSession session{use, milliseconds{round_trip}, loss, seed};
    (void)session.run(seconds{10} + milliseconds{seed * 37});
    session.way().swallows_large = true;
    const auto found = session.run(seconds{30});
    if (!found) ADD_FAILURE() << round_trip << " ms, seed " << seed << ": never found";
    slowest = std::max(slowest, found.value_or(seconds{30}));
  }
  return slowest;
}

TEST(StallModel, FindsAHoleUnderATransferSoonEnoughForTheNextTryInside) {
  for (const auto use : {Use::Download, Use::Upload}) {
    for (const int round_trip : kRoundTrips) {
      // The connections inside try again 3.2 s after the hole opened, and then twice as long after that, where the
      // round trip is 200 ms: another connection has its time until then.
      const Duration bar = milliseconds{2200} + milliseconds{round_trip} * 4;
      const auto slowest = slowest_at(use, round_trip, 0);
      std::cout << static_cast<int>(use) << ", " << round_trip
                << " ms: " << std::chrono::duration_cast<milliseconds>(slowest).count() << " ms\n";
      EXPECT_LE(slowest, bar) << static_cast<int>(use) << ", " << round_trip << " ms";
    }
  }
}

TEST(StallModel, FindsAHoleAlsoWhereTwoPercentAreLost) {
  for (const int round_trip : kRoundTrips) {
    EXPECT_LE(slowest_at(Use::Download, round_trip, 0.02), seconds{5} + milliseconds{round_trip} * 8) << round_trip;
    EXPECT_LE(slowest_at(Use::Upload, round_trip, 0.02), seconds{5} + milliseconds{round_trip} * 8) << round_trip;
  }
}

TEST(StallModel, TakesAPauseOfASecondForWhatItIs) {
  for (const auto use : kUses) {
    for (const int round_trip : kRoundTrips) {
      for (unsigned seed = 1; seed <= 20; ++seed) {
        SimulatedSession session{use, milliseconds{round_trip}, 0, seed};
        (void)session.run(seconds{10} + milliseconds{seed * 37});
        session.way().swallows_all = true;
        (void)session.run(seconds{1});
        session.way().swallows_all = false;
        (void)session.run(seconds{10});
        EXPECT_EQ(session.stalls(), 0) << static_cast<int>(use) << ", " << round_trip << " ms, seed " << seed;
      }
    }
  }
}

}  // namespace
}  // namespace sallyport
