#include "server/gateway/beat_watch.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(BeatWatch, AsksAgainOnceItWasAnswered) {
  BeatWatch watch;
  EXPECT_TRUE(watch.turn(0));
  EXPECT_FALSE(watch.turn(0)) << "one question at a time";
  EXPECT_TRUE(watch.turn(1));
  EXPECT_TRUE(watch.turn(2));
  EXPECT_FALSE(watch.is_silent());
}

TEST(BeatWatch, NoticesSilenceAfterSoManyTurns) {
  BeatWatch watch;
  (void)watch.turn(0);
  for (unsigned i = 0; i < BeatWatch::kMost; ++i) {
    EXPECT_FALSE(watch.is_silent()) << i;
    (void)watch.turn(0);
  }
  EXPECT_TRUE(watch.is_silent());
}

TEST(BeatWatch, ForgetsWhatWasMissedWhenAnAnswerComes) {
  BeatWatch watch;
  (void)watch.turn(0);
  for (unsigned i = 0; i < BeatWatch::kMost - 1; ++i) (void)watch.turn(0);
  EXPECT_TRUE(watch.turn(1));
  for (unsigned i = 0; i < BeatWatch::kMost - 1; ++i) (void)watch.turn(1);
  EXPECT_FALSE(watch.is_silent());
}

}  // namespace
}  // namespace sallyport
