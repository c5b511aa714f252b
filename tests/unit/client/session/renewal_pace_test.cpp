#include "client/session/renewal_pace.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::seconds;

TEST(RenewalPace, TheFirstOneDoesNotWait) {
  EXPECT_EQ(RenewalPace{}.wait(TimePoint{std::chrono::hours{1}}), Duration::zero());
}

TEST(RenewalPace, AGatewayWhoseCertificatesEndAtOnceGetsOneRequestEveryHalfMinute) {
  TimePoint now{std::chrono::hours{1}};
  const TimePoint end = now + std::chrono::hours{1};
  RenewalPace pace;
  int renewals = 0;
  while (now < end) {
    now += pace.wait(now);
    pace.note_renewed(now);
    ++renewals;
  }
  EXPECT_LE(renewals, 125);
}

TEST(RenewalPace, TheShortestLifetimeOfAnHonestGatewayNeverMeetsIt) {
  TimePoint now{std::chrono::hours{1}};
  RenewalPace pace;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(pace.wait(now), Duration::zero()) << i;
    pace.note_renewed(now);
    now += seconds{40};
  }
}

TEST(RenewalPace, IsShortAgainAfterACalm) {
  TimePoint now{std::chrono::hours{1}};
  RenewalPace pace;
  for (int i = 0; i < 10; ++i) pace.note_renewed(now);
  EXPECT_EQ(pace.wait(now), RenewalPace::kLongestGap);
  now += std::chrono::minutes{3};
  pace.note_renewed(now);
  EXPECT_EQ(pace.wait(now), RenewalPace::kShortestGap);
}

}  // namespace
}  // namespace sallyport
