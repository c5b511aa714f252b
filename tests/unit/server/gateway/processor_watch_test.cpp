#include "server/gateway/processor_watch.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Two workers, and how long each has waited.
class Workers : public testing::Test {
 protected:
  /// One look, a tenth of a second after the last, in which the workers waited that long.
  bool look(Duration first, Duration second = {}, Duration after = milliseconds{100}) {
    first_ += first;
    second_ += second;
    now_ += after;
    return watch_.is_short(now_);
  }

  TimePoint now_{std::chrono::hours{1}};
  Duration first_ = seconds{1000};  // in a long life
  Duration second_{};
  bool is_told_ = true;
  ProcessorWatch watch_{{[this] { return is_told_ ? std::optional{first_} : std::nullopt; },
                         [this] { return is_told_ ? std::optional{second_} : std::nullopt; }}};
};

TEST_F(Workers, HaveWhatTheyNeedWhileTheyWaitForLessThanATenthOfTheTime) {
  EXPECT_FALSE(look({}));
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(look(milliseconds{9}, milliseconds{9})) << i;
}

TEST_F(Workers, AreShortAsSoonAsOneOfThemWaitsForATenth) {
  EXPECT_FALSE(look(seconds{9})) << "of what was before nobody knows when it was";
  EXPECT_FALSE(look({}));
  EXPECT_TRUE(look({}, milliseconds{10}));
}

TEST_F(Workers, StayShortForASecondAfterThatIsOver) {
  (void)look({});
  ASSERT_TRUE(look(milliseconds{50}));
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(look({})) << i;
  EXPECT_FALSE(look({}));
}

TEST_F(Workers, AreNotLookedAtForEveryQuestion) {
  (void)look({});
  EXPECT_FALSE(look(milliseconds{50}, {}, milliseconds{99}));
  EXPECT_TRUE(look({}, {}, milliseconds{1})) << "the first look counts all since the one before";
}

TEST_F(Workers, AreNotShortForWhatCameLongAfterTheLastQuestion) {
  (void)look({});
  EXPECT_FALSE(look(seconds{9}, {}, seconds{10}));
  EXPECT_FALSE(look({}));
}

TEST_F(Workers, AreNotShortWhereTheSystemDoesNotSay) {
  is_told_ = false;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(look(seconds{1}));
}

}  // namespace
}  // namespace sallyport
