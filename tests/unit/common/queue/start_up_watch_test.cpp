#include "common/queue/start_up_watch.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// 2 Mbit/s: what was found of 200 when it went wrong.
constexpr double kLittleRate = 250e3;

class StartUps : public testing::Test {
 protected:
  static PathSample settled(double rate, Duration rtt = milliseconds{40}) {
    return {.rtt = rtt, .least_rtt = rtt, .unsent = 40'000, .settled = rate};
  }
  /// So long, looking every 50 ms: how often it is to start up again.
  int starts_in(Duration time, const PathSample& sample, bool is_lossy = true) {
    int starts = 0;
    for (Duration done{}; done < time; done += milliseconds{50}) {
      now_ += milliseconds{50};
      starts += watch_.follow(sample, is_lossy, now_) ? 1 : 0;
    }
    return starts;
  }

  TimePoint now_{std::chrono::hours{1}};
  StartUpWatch watch_;
};

TEST_F(StartUps, BeginAgainAtOnceWhereLittleWasFoundAndMoreWaits) {
  EXPECT_TRUE(watch_.follow(settled(kLittleRate), true, now_));
}

TEST_F(StartUps, DoNotBeginAgainWithoutNeed) {
  auto sample = settled(0);
  EXPECT_EQ(starts_in(seconds{5}, sample), 0) << "it is under way, or this is not BBR";
  sample = settled(kLittleRate);
  sample.unsent = 0;
  EXPECT_EQ(starts_in(seconds{5}, sample), 0) << "there is nothing more to send";
  EXPECT_EQ(starts_in(seconds{5}, settled(kLittleRate), false), 0) << "nothing was lost, or a queue stands on the way";
  EXPECT_EQ(starts_in(seconds{5}, settled(20e6)), 0) << "another one could overfill a queue";
  EXPECT_EQ(starts_in(seconds{5}, settled(1e6, milliseconds{200})), 0)
      << "it is what fits into a round trip that counts";
  EXPECT_EQ(starts_in(milliseconds{50}, settled(1e6)), 1);
}

TEST_F(StartUps, BeginAgainSoonForAsLongAsTheyFindMore) {
  for (const double rate : {100e3, 200e3, 400e3, 800e3, 1.6e6}) {
    EXPECT_EQ(starts_in(milliseconds{50}, settled(rate)), 1);
    EXPECT_EQ(starts_in(milliseconds{250}, settled(2 * rate)), 0) << "it has eight round trips";
    now_ += milliseconds{50};
  }
}

TEST_F(StartUps, BeginAgainEverMoreRarelyWhereThereIsNoMoreToBeFound) {
  EXPECT_LE(starts_in(seconds{10}, settled(kLittleRate)), 6);
  EXPECT_LE(starts_in(std::chrono::minutes{10}, settled(kLittleRate)), 14);
  EXPECT_EQ(starts_in(std::chrono::minutes{10}, settled(kLittleRate)), 10) << "once a minute at last";
}

}  // namespace
}  // namespace sallyport
