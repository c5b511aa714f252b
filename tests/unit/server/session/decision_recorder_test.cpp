#include "server/session/decision_recorder.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

class Recorder : public testing::Test {
 protected:
  Recorder() { recorder_.watch({.keep = true, .trace = false}); }

  static DecisionEvent event(DecisionKind kind, bool is_kept = true) {
    DecisionEvent made;
    made.kind = kind;
    made.is_kept = is_kept;
    return made;
  }
  bool open(bool is_logged = false) {
    auto made = event(DecisionKind::Opened);
    made.is_logged = is_logged;
    return recorder_.add(std::move(made), now_);
  }
  /// A flow whose last packet was a while ago.
  bool fall_silent() {
    auto made = event(DecisionKind::Ended);
    made.end = FlowEnd::Silent;
    made.time = WallTime{} + 100s;
    return recorder_.add(std::move(made), now_);
  }
  void show() { recorder_.add(event(DecisionKind::Opened, false), now_); }

  std::shared_ptr<DeviceBudgets> budgets_ = std::make_shared<DeviceBudgets>();
  DecisionRecorder recorder_{budgets_};
  TimePoint now_ = TimePoint{} + 1h;
};

TEST_F(Recorder, KeepsNoMoreInASecondThoughFlowsFallSilentMeanwhile) {
  std::size_t kept = 0;
  for (int i = 0; i < 100; ++i) {
    kept += open() ? 1 : 0;
    EXPECT_TRUE(fall_silent()) << "where the start is, there the end must be";
  }
  EXPECT_EQ(kept, DecisionRecorder::kKeptPerSecond);
  EXPECT_EQ(recorder_.all_losses().decisions, 50U);
  now_ += 1s;
  EXPECT_TRUE(open());
}

TEST_F(Recorder, LosesNothingThatTheLogWantsToATrace) {
  recorder_.watch({.keep = true, .trace = true});
  for (int second = 0; second < 2; ++second, now_ += 1s) {
    for (int i = 0; i < 400; ++i) show();
  }
  EXPECT_EQ(recorder_.all_losses(), (SessionLosses{.shown = 800 - DecisionRecorder::kMaxWaiting}));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(open());
  EXPECT_EQ(recorder_.all_losses().decisions, 0U);
  EXPECT_EQ(recorder_.all_losses().shown, 810 - DecisionRecorder::kMaxWaiting);
  const auto waiting = recorder_.take();
  EXPECT_EQ(waiting.size(), DecisionRecorder::kMaxWaiting);
  EXPECT_EQ(std::count_if(waiting.begin(), waiting.end(), [](const auto& each) { return each.is_kept; }), 10);
}

TEST_F(Recorder, ShowsNoMoreInASecondThanAPersonCanFollow) {
  recorder_.watch({.keep = false, .trace = true});
  for (int i = 0; i < 1000; ++i) {
    show();
    if (i % 100 == 0) (void)recorder_.take();
  }
  EXPECT_EQ(recorder_.all_losses().shown, 1000 - DecisionRecorder::kShownPerSecond);
}

TEST_F(Recorder, KeepsFlowsOfALoggedRuleWhateverJunkComesBesides) {
  for (int i = 0; i < 100; ++i) (void)open();
  EXPECT_TRUE(open(true));
}

TEST_F(Recorder, TellsAScanWhateverQuestionsAreAskedBesides) {
  for (int i = 0; i < 1000; ++i) (void)recorder_.may_tell(Telling::Question, now_);
  EXPECT_TRUE(recorder_.may_tell(Telling::Denial, now_));
  EXPECT_EQ(recorder_.all_losses().denials, 1000 - DecisionRecorder::kQuestionsPerSecond);
}

TEST_F(Recorder, KeepsOnTheLongRunWhatTheBudgetOfTheDeviceHolds) {
  std::size_t kept = 0;
  for (int second = 0; second < 3600; ++second, now_ += 1s) {
    for (int i = 0; i < 10; ++i) kept += open() ? 1 : 0;
    (void)recorder_.take();
  }
  EXPECT_NEAR(static_cast<double>(kept), 500 + 3600 / 5, 2);
}

TEST_F(Recorder, HasNoMoreAfterAReconnectOfTheDevice) {
  while (recorder_.may_tell(Telling::Denial, now_)) now_ += 100ms;
  DecisionRecorder next{budgets_};
  std::size_t told = 0;
  for (int i = 0; i < 10; ++i) told += next.may_tell(Telling::Denial, now_) ? 1 : 0;
  EXPECT_LE(told, 1U);
  DecisionRecorder other{nullptr};
  EXPECT_TRUE(other.may_tell(Telling::Denial, now_)) << "another device has its own";
}

TEST_F(Recorder, TellsOfLossesOnceASecondAndCountsThemAll) {
  for (int i = 0; i < 60; ++i) (void)open();
  ASSERT_TRUE(recorder_.has_losses(now_));
  EXPECT_EQ(recorder_.take_losses(now_).decisions, 10U);
  (void)open();
  EXPECT_FALSE(recorder_.has_losses(now_));
  ASSERT_TRUE(recorder_.has_losses(now_ + 1s));
  EXPECT_EQ(recorder_.take_losses(now_ + 1s).decisions, 1U);
  EXPECT_EQ(recorder_.all_losses().decisions, 11U);
}

}  // namespace
}  // namespace sallyport
