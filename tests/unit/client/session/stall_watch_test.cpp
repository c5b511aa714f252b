#include "client/session/stall_watch.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Finding = StallWatch::Finding;

const TimePoint kStart{seconds{1000}};
constexpr StreamSample kCalm{};

StreamSample sample_of(std::uint32_t unacknowledged, std::uint32_t retransmits, Duration round_trip = {}) {
  StreamSample sample;
  sample.unacknowledged = unacknowledged;
  sample.retransmits = retransmits;
  sample.round_trip = round_trip;
  return sample;
}
const StreamSample kUnheard = sample_of(2, 2);
const StreamSample kVain = sample_of(2, 3);
StreamSample with_hole() {
  StreamSample sample;
  sample.out_of_order = 1;
  return sample;
}
const StreamSample kHole = with_hole();

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
  EXPECT_EQ(watch_until(watch, sample_of(1, 1), kStart + seconds{10}, seconds{10}).finding, Finding::None)
      << "lost by chance";
}

TEST(StallWatch, TellsAStalledHandshakeOnce) {
  StallWatch watch{kStart};
  EXPECT_EQ(watch_until(watch, kUnheard, kStart, seconds{5}).finding, Finding::Stalled);
  EXPECT_EQ(watch_until(watch, kUnheard, kStart + seconds{5}, seconds{5}).finding, Finding::None);
}

TEST(StallWatch, GivesAnUpgradeMoreTimeAndFindsThatItIsSwallowed) {
  StallWatch watch{kStart};
  watch.note_verified();
  EXPECT_EQ(watch_until(watch, kUnheard, kStart, seconds{5}).finding, Finding::None)
      << "the gateway may have let us in";
  EXPECT_EQ(watch_until(watch, kHole, kStart + seconds{5}, seconds{5}).finding, Finding::None) << "an old hole";
  EXPECT_EQ(watch_until(watch, kVain, kStart + seconds{10}, seconds{5}).finding, Finding::Stalled);
  EXPECT_FALSE(watch.is_online());
}

class OnlineStallWatch : public testing::Test {
 protected:
  OnlineStallWatch() {
    watch_.note_verified();
    watch_.note_online();
  }
  /// Looks until `end`; what the system says at each moment, by what was last asked when.
  template <class System>
  Found watch_system(TimePoint from, TimePoint end, System system) {
    for (TimePoint now = from; now <= end; now += milliseconds{10}) {
      if (!watch_.due() || now < *watch_.due()) continue;
      if (const auto finding = watch_.look(system(now), now); finding != Finding::None) return {finding, now - from};
    }
    return {};
  }
  void expect_question() {
    watch_.note_sent(kStart);
    const auto asked = watch_until(watch_, kCalm, kStart, seconds{5});
    ASSERT_EQ(asked.finding, Finding::Ask);
    ASSERT_EQ(asked.after, StallWatch::kSilence);
  }
  StallWatch watch_{kStart};
  TimePoint asked_ = kStart + StallWatch::kSilence;
};

TEST_F(OnlineStallWatch, SleepsWhileNothingHappens) { EXPECT_FALSE(watch_.due()); }

TEST_F(OnlineStallWatch, AsksOnceAlsoWhereTheLastThingCameFromTheGateway) {
  watch_.note_received(kStart);
  const auto asked = watch_until(watch_, kCalm, kStart, seconds{5});
  EXPECT_EQ(asked.finding, Finding::Ask) << "the rest of what came may be missing";
  watch_.note_received(kStart + asked.after);
  EXPECT_FALSE(watch_.due()) << "the answer is no reason to ask again";
}

TEST_F(OnlineStallWatch, FindsThatTheAnswerToWhatGotThereDoesNotCome) {
  expect_question();
  watch_.note_sent(asked_);
  const auto stalled = watch_until(watch_, kCalm, asked_, seconds{5});
  EXPECT_EQ(stalled.finding, Finding::Stalled);
  EXPECT_GE(stalled.after, StallWatch::kPatience) << "what is sent meanwhile changes nothing";
  EXPECT_LE(stalled.after, StallWatch::kPatience + milliseconds{300});
  EXPECT_TRUE(watch_.is_stalled());
  EXPECT_EQ(watch_until(watch_, kCalm, kStart + seconds{10}, seconds{60}).finding, Finding::None) << "told once";
}

TEST_F(OnlineStallWatch, FindsThatNothingIsAcknowledgedHoweverOftenItIsSent) {
  expect_question();
  // Sent again after 0.2 s, then ever twice as long.
  const auto stalled = watch_system(asked_, asked_ + seconds{10}, [&](TimePoint now) {
    const Duration since = now - asked_;
    const int tries = (since >= milliseconds{200}) + (since >= milliseconds{600}) + (since >= milliseconds{1400});
    return sample_of(3, static_cast<std::uint32_t>(tries));
  });
  EXPECT_EQ(stalled.finding, Finding::Stalled);
  EXPECT_GE(stalled.after, milliseconds{1450});
  EXPECT_LE(stalled.after, milliseconds{1700});
}

TEST_F(OnlineStallWatch, WaitsWhileTheSystemHasNotTriedInEarnest) {
  expect_question();
  EXPECT_EQ(watch_until(watch_, kUnheard, asked_, seconds{20}).finding, Finding::None);
}

TEST_F(OnlineStallWatch, DoesNotWaitForAThirdTryThatALongRoundTripPutsOff) {
  expect_question();
  // With a round trip of 200 ms, from the last octet on: 0.8, 1.6 and only then 3.2 s.
  const auto stalled = watch_system(asked_, asked_ + seconds{10}, [&](TimePoint now) {
    const Duration since = now - kStart;
    const int tries = (since >= milliseconds{800}) + (since >= milliseconds{1600}) + (since >= milliseconds{3200});
    return sample_of(3, static_cast<std::uint32_t>(tries), milliseconds{200});
  });
  EXPECT_EQ(stalled.finding, Finding::Stalled);
  EXPECT_GE(stalled.after, milliseconds{1500}) << "a pause that ends with the second try is over";
  EXPECT_LE(stalled.after, milliseconds{1800});
}

TEST_F(OnlineStallWatch, GivesTheAnswerToTheLastTryARoundTrip) {
  expect_question();
  const auto found = watch_system(asked_, asked_ + milliseconds{2400}, [&](TimePoint now) {
    return sample_of(3, now - asked_ >= milliseconds{1600} ? 3U : 1U, milliseconds{800});
  });
  EXPECT_EQ(found.finding, Finding::None);
}

TEST_F(OnlineStallWatch, TakesAPauseOfTheNetworkForWhatItIs) {
  // Nothing gets through for so long; the system's next try does, and the answer comes after a round trip.
  for (const int pause : {500, 900, 1300}) {
    watch_.note_received(kStart);
    expect_question();
    TimePoint heard = kStart + milliseconds{pause};
    for (int wait = 200, at = 500; at < 10'000; wait *= 2, at += wait) {
      heard = kStart + milliseconds{at};
      if (at >= pause) break;
    }
    const auto found = watch_system(asked_, heard, [&](TimePoint now) {
      const Duration since = now - asked_;
      const int tries = (since >= milliseconds{200}) + (since >= milliseconds{600}) + (since >= milliseconds{1400});
      return sample_of(1, static_cast<std::uint32_t>(tries));
    });
    EXPECT_EQ(found.finding, Finding::None) << pause;
    watch_.note_received(heard);
  }
}

TEST_F(OnlineStallWatch, GivesTheGatewaysSystemAsLongAgainAfterAPause) {
  expect_question();
  EXPECT_EQ(watch_until(watch_, sample_of(1, 2), asked_, seconds{4}).finding, Finding::None);
  const TimePoint back = asked_ + seconds{4};
  EXPECT_EQ(watch_until(watch_, kCalm, back, milliseconds{3900}).finding, Finding::None);
  EXPECT_EQ(watch_until(watch_, kCalm, back + milliseconds{3900}, seconds{1}).finding, Finding::Stalled);
}

TEST_F(OnlineStallWatch, WaitsForAQuestionBehindALongUploadAndNotForEver) {
  expect_question();
  const auto busy = [&](TimePoint now) {
    auto sample = sample_of(40, 0);
    sample.acknowledged = static_cast<std::uint64_t>((now - asked_).count());
    return sample;
  };
  EXPECT_EQ(watch_system(asked_, asked_ + StallWatch::kPatience * 2, busy).finding, Finding::None);
  EXPECT_EQ(watch_system(asked_ + StallWatch::kPatience * 2, asked_ + seconds{4}, busy).finding, Finding::Stalled);
}

TEST_F(OnlineStallWatch, LooksOnceMoreBeforeItSaysSoWhereTheLaptopWasBusy) {
  expect_question();
  const TimePoint late = asked_ + seconds{20};
  EXPECT_EQ(watch_.look(kVain, late), Finding::None) << "the answer may lie in the socket";
  ASSERT_TRUE(watch_.due());
  EXPECT_EQ(watch_.look(kVain, *watch_.due()), Finding::Stalled);
}

TEST_F(OnlineStallWatch, TakesAnyOctetForAnAnswer) {
  expect_question();
  watch_.note_received(kStart + milliseconds{700});
  EXPECT_EQ(watch_until(watch_, kCalm, kStart + milliseconds{700}, seconds{60}).finding, Finding::None);
  EXPECT_FALSE(watch_.due()) << "and it sleeps again";
}

TEST_F(OnlineStallWatch, WaitsLongerForTheAnswerOfALongOrUnsteadyWay) {
  for (const auto& [round_trip, variation, least] :
       {std::tuple<Duration, Duration, Duration>{milliseconds{600}, milliseconds{0}, milliseconds{2000}},
        {milliseconds{200}, milliseconds{100}, milliseconds{1500}},
        {milliseconds{200}, milliseconds{20}, StallWatch::kPatience}}) {
    watch_.note_received(kStart);
    auto far = sample_of(0, 0, round_trip);
    far.variation = variation;
    watch_.note_sent(kStart);
    const auto asked = watch_until(watch_, far, kStart, seconds{5});
    ASSERT_EQ(asked.finding, Finding::Ask);
    EXPECT_GE(asked.after, StallWatch::kSilence + round_trip);
    const auto found = watch_until(watch_, far, kStart + asked.after, seconds{10});
    EXPECT_EQ(found.finding, Finding::Stalled);
    EXPECT_GE(found.after, least);
    EXPECT_LE(found.after, least + milliseconds{300}) << "beside the two looks";
  }
}

TEST_F(OnlineStallWatch, FindsNothingWhileBothDirectionsAreBusy) {
  for (int i = 0; i < 1000; ++i) {
    const TimePoint now = kStart + i * milliseconds{10};
    watch_.note_received(now);
    watch_.note_sent(now);
    if (watch_.due() && now >= *watch_.due()) {
      EXPECT_EQ(watch_.look(kVain, now), Finding::None) << i;
    }
  }
}

TEST_F(OnlineStallWatch, AsksAnOfficeThatIsSpokenToAndSaysNothingOnceAtATime) {
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

TEST_F(OnlineStallWatch, FindsTheNextStallOnceSomethingHasCome) {
  expect_question();
  ASSERT_EQ(watch_until(watch_, kCalm, kStart, seconds{5}).finding, Finding::Stalled);
  watch_.note_received(kStart + seconds{10});
  EXPECT_FALSE(watch_.is_stalled());
  EXPECT_EQ(watch_until(watch_, kCalm, kStart + seconds{10}, seconds{5}).finding, Finding::None);
  watch_.note_sent(kStart + seconds{20});
  EXPECT_EQ(watch_until(watch_, kCalm, kStart + seconds{20}, seconds{5}).finding, Finding::Ask);
  EXPECT_EQ(watch_until(watch_, kCalm, kStart + seconds{20}, seconds{5}).finding, Finding::Stalled);
}

TEST_F(OnlineStallWatch, FindsNothingWhereItCannotAsk) {
  expect_question();
  watch_.forget_question();
  EXPECT_EQ(watch_until(watch_, kCalm, kStart + seconds{1}, seconds{60}).finding, Finding::None);
  EXPECT_FALSE(watch_.is_stalled());
}

}  // namespace
}  // namespace sallyport
