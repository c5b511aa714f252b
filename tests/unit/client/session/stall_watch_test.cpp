#include "client/session/stall_watch.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Finding = StallWatch::Finding;

const TimePoint kStart{seconds{1000}};
constexpr StreamSample kCalm{};
constexpr StreamSample kUnheard{.unacknowledged = 2, .retransmits = 2, .out_of_order = 0, .round_trip = {}};
constexpr StreamSample kHole{.unacknowledged = 0, .retransmits = 0, .out_of_order = 1, .round_trip = {}};

/// The first finding until `limit`, and when; `sample` all the while.
struct Found {
  Finding finding = Finding::None;
  Duration after{};
};
Found watch_until(StallWatch& watch, const StreamSample& sample, TimePoint from, Duration limit) {
  for (TimePoint now = from; now <= from + limit; now += milliseconds{10}) {
    if (!watch.due() || now < *watch.due()) continue;
    if (const auto finding = watch.look(sample, now); finding != Finding::None) return {finding, now - from};
  }
  return {};
}

TEST(StallWatch, FindsAHelloThatIsSentAgainAndAgain) {
  StallWatch watch{kStart};
  const auto found = watch_until(watch, kUnheard, kStart, seconds{5});
  EXPECT_EQ(found.finding, Finding::Stalled);
  EXPECT_LE(found.after, milliseconds{200});
}

TEST(StallWatch, FindsAnAnswerThatLacksItsBeginning) {
  StallWatch watch{kStart};
  const auto found = watch_until(watch, kHole, kStart, seconds{5});
  EXPECT_EQ(found.finding, Finding::Stalled);
  EXPECT_GE(found.after, StallWatch::kHole);
  EXPECT_LE(found.after, milliseconds{900});
}

TEST(StallWatch, GivesAHoleTheTimeOfALongWayToClose) {
  StallWatch watch{kStart};
  StreamSample far = kHole;
  far.round_trip = milliseconds{600};
  EXPECT_EQ(watch_until(watch, far, kStart, milliseconds{2800}).finding, Finding::None);
  EXPECT_EQ(watch_until(watch, far, kStart + milliseconds{2800}, seconds{1}).finding, Finding::Stalled);
}

TEST(StallWatch, WaitsForAGatewayThatIsOnlySlow) {
  StallWatch watch{kStart};
  EXPECT_EQ(watch_until(watch, kCalm, kStart, seconds{10}).finding, Finding::None);
  const StreamSample once{.unacknowledged = 1, .retransmits = 1, .out_of_order = 0, .round_trip = {}};
  EXPECT_EQ(watch_until(watch, once, kStart + seconds{10}, seconds{10}).finding, Finding::None) << "lost by chance";
}

TEST(StallWatch, TellsAStalledHandshakeOnce) {
  StallWatch watch{kStart};
  EXPECT_EQ(watch_until(watch, kUnheard, kStart, seconds{5}).finding, Finding::Stalled);
  EXPECT_EQ(watch_until(watch, kUnheard, kStart + seconds{5}, seconds{5}).finding, Finding::None);
}

class VerifiedStallWatch : public testing::Test {
 protected:
  VerifiedStallWatch() { watch_.note_verified(); }
  StallWatch watch_{kStart};
};

TEST_F(VerifiedStallWatch, SleepsWhileNothingHappens) { EXPECT_FALSE(watch_.due()); }

TEST_F(VerifiedStallWatch, AsksOnceAlsoWhereTheLastThingCameFromTheGateway) {
  watch_.note_received(kStart);
  const auto asked = watch_until(watch_, kCalm, kStart, seconds{5});
  EXPECT_EQ(asked.finding, Finding::Ask) << "the rest of what came may be missing";
  watch_.note_received(kStart + asked.after);
  EXPECT_FALSE(watch_.due()) << "the answer is no reason to ask again";
}

TEST_F(VerifiedStallWatch, AsksAfterASilenceAndFindsTheStallWithoutAnAnswer) {
  watch_.note_sent(kStart);
  const auto asked = watch_until(watch_, kCalm, kStart, seconds{5});
  EXPECT_EQ(asked.finding, Finding::Ask);
  EXPECT_EQ(asked.after, StallWatch::kSilence);
  watch_.note_sent(kStart + asked.after);
  const auto stalled = watch_until(watch_, kCalm, kStart + asked.after, seconds{5});
  EXPECT_EQ(stalled.finding, Finding::Stalled);
  EXPECT_EQ(stalled.after, StallWatch::kPatience) << "what is sent meanwhile changes nothing";
  EXPECT_EQ(watch_until(watch_, kCalm, kStart + seconds{10}, seconds{60}).finding, Finding::None) << "told once";
}

TEST_F(VerifiedStallWatch, TakesAnyOctetForAnAnswer) {
  watch_.note_sent(kStart);
  ASSERT_EQ(watch_until(watch_, kCalm, kStart, seconds{5}).finding, Finding::Ask);
  watch_.note_received(kStart + milliseconds{700});
  EXPECT_EQ(watch_until(watch_, kCalm, kStart + milliseconds{700}, seconds{60}).finding, Finding::None);
  EXPECT_FALSE(watch_.due()) << "and it sleeps again";
}

TEST_F(VerifiedStallWatch, WaitsLongerForTheAnswerOfALongWay) {
  watch_.note_sent(kStart);
  const StreamSample far{.unacknowledged = 1, .retransmits = 0, .out_of_order = 0, .round_trip = milliseconds{600}};
  ASSERT_EQ(watch_until(watch_, far, kStart, seconds{5}).finding, Finding::Ask);
  EXPECT_EQ(watch_until(watch_, far, kStart + StallWatch::kSilence, milliseconds{2900}).finding, Finding::None);
  EXPECT_EQ(watch_until(watch_, far, kStart + StallWatch::kSilence, seconds{1} + milliseconds{2900}).finding,
            Finding::Stalled);
}

TEST_F(VerifiedStallWatch, FindsNothingWhileBothDirectionsAreBusy) {
  for (int i = 0; i < 1000; ++i) {
    const TimePoint now = kStart + i * milliseconds{10};
    watch_.note_received(now);
    watch_.note_sent(now);
    if (watch_.due() && now >= *watch_.due()) {
      EXPECT_EQ(watch_.look(kUnheard, now), Finding::None) << i;
    }
  }
}

TEST_F(VerifiedStallWatch, AsksAnOfficeThatIsSpokenToAndSaysNothingOnceAtATime) {
  int questions = 0;
  for (int i = 0; i < 1000; ++i) {
    const TimePoint now = kStart + i * milliseconds{10};
    watch_.note_sent(now);
    if (!watch_.due() || now < *watch_.due()) continue;
    const auto finding = watch_.look(kCalm, now);
    EXPECT_NE(finding, Finding::Stalled) << i;
    if (finding != Finding::Ask) continue;
    ++questions;
    watch_.note_received(now + milliseconds{1});
  }
  EXPECT_GE(questions, 10);
  EXPECT_LE(questions, 34);
}

TEST_F(VerifiedStallWatch, FindsTheNextStallOnceSomethingHasCome) {
  watch_.note_sent(kStart);
  ASSERT_EQ(watch_until(watch_, kCalm, kStart, seconds{1}).finding, Finding::Ask);
  ASSERT_EQ(watch_until(watch_, kCalm, kStart, seconds{5}).finding, Finding::Stalled);
  watch_.note_received(kStart + seconds{10});
  EXPECT_EQ(watch_until(watch_, kCalm, kStart + seconds{10}, seconds{5}).finding, Finding::None);
  watch_.note_sent(kStart + seconds{20});
  EXPECT_EQ(watch_until(watch_, kCalm, kStart + seconds{20}, seconds{5}).finding, Finding::Ask);
  EXPECT_EQ(watch_until(watch_, kCalm, kStart + seconds{20}, seconds{5}).finding, Finding::Stalled);
}

TEST_F(VerifiedStallWatch, FindsNothingWhereItCannotAsk) {
  watch_.note_sent(kStart);
  ASSERT_EQ(watch_until(watch_, kCalm, kStart, seconds{5}).finding, Finding::Ask);
  watch_.forget_question();
  EXPECT_EQ(watch_until(watch_, kCalm, kStart + seconds{1}, seconds{60}).finding, Finding::None);
}

}  // namespace
}  // namespace sallyport
