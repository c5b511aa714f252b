#include "client/posture/posture_news.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class PostureNewsTest : public testing::Test {
 protected:
  /// Looks when it is due, and finds `body`. Whether the gateway is told.
  bool look(const std::string& body) {
    const auto due = news.look_due();
    if (!due) {
      ADD_FAILURE() << "no look is due";
      return false;
    }
    now = std::max(now, *due);
    news.begin_look(now);
    return news.end_look(body);
  }

  TimePoint now{std::chrono::hours{1}};
  PostureNews news;
};

TEST_F(PostureNewsTest, NothingIsLookedForBeforeTheFirstReport) {
  news.stir(now);
  EXPECT_EQ(news.look_due(), std::nullopt);
  news.note_report("good", now);
  EXPECT_EQ(news.look_due(), std::nullopt);
}

TEST_F(PostureNewsTest, LooksAtOnceAndTellsOnlyOfWhatWouldBeReportedOtherwise) {
  news.note_report("good", now);
  news.stir(now);
  EXPECT_EQ(news.look_due(), now);
  EXPECT_FALSE(look("good"));
  now += seconds{1};
  news.stir(now);
  EXPECT_EQ(news.look_due(), now);
  EXPECT_TRUE(look("bad"));
  news.note_report("bad", now);
  news.stir(now);
  EXPECT_TRUE(look("good")) << "healing goes the same way";
}

TEST_F(PostureNewsTest, TellsOnceUntilTheNextReport) {
  news.note_report("good", now);
  news.stir(now);
  EXPECT_TRUE(look("bad"));
  for (int i = 0; i < 5; ++i) {
    news.stir(now);
    EXPECT_FALSE(look("worse")) << "it was told; an older gateway asks on the beat";
  }
  // The report may have been made before that was found.
  news.note_report("bad", now);
  EXPECT_TRUE(look("worse"));
  news.note_report("worse", now);
  EXPECT_EQ(news.look_due(), std::nullopt);
}

TEST_F(PostureNewsTest, AStirDuringALookBringsAnother) {
  news.note_report("good", now);
  news.stir(now);
  news.begin_look(now);
  news.stir(now + milliseconds{5});
  EXPECT_EQ(news.look_due(), std::nullopt) << "one at a time";
  EXPECT_FALSE(news.end_look("good"));
  EXPECT_EQ(news.look_due(), now + PostureNews::kShortestGap);
}

TEST_F(PostureNewsTest, ASystemThatStirsAllTheTimeIsLookedAtEverMoreRarelyAndNeverTooRarely) {
  news.note_report("good", now);
  int looks = 0;
  const auto end = now + seconds{60};
  while (now < end) {
    news.stir(now);
    if (*news.look_due() <= now) {
      EXPECT_FALSE(look("good"));
      ++looks;
    }
    now += milliseconds{1};
  }
  EXPECT_LE(looks, 60'000 / 700 + 3);
  EXPECT_GE(looks, 60'000 / 700 - 1);
  now += PostureNews::kCalm + milliseconds{1};
  news.stir(now);
  EXPECT_FALSE(look("good"));
  news.stir(now);
  EXPECT_LE(*news.look_due() - now, 2 * PostureNews::kShortestGap) << "it was calm";
}

TEST_F(PostureNewsTest, ForgetsTheSessionThatIsOver) {
  news.note_report("good", now);
  news.stir(now);
  news.begin_look(now);
  news.forget();
  EXPECT_FALSE(news.end_look("bad")) << "a look of the session before";
  news.stir(now);
  EXPECT_EQ(news.look_due(), std::nullopt);
}

}  // namespace
}  // namespace sallyport
