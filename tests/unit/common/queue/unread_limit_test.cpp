#include "common/queue/unread_limit.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using Change = UnreadLimit::Change;

constexpr auto kLittle = UnreadLimit::kLittle;

PathSample path(Duration rtt, Duration least, std::uint64_t received = 0) {
  return {.rtt = rtt, .least_rtt = least, .received = received};
}
PathSample short_path(Duration rtt, std::uint64_t received) { return path(rtt, microseconds{60}, received); }

TEST(UnreadLimit, IsSetOnAShortPathAlone) {
  UnreadLimit limit;
  EXPECT_EQ(limit.follow(short_path(microseconds{200}, 0)), Change::Set);
  EXPECT_EQ(limit.follow(short_path(microseconds{900}, 10 * kLittle)), Change::None);
  EXPECT_EQ(UnreadLimit{}.follow(path(milliseconds{40}, milliseconds{40})), Change::None);
  EXPECT_EQ(UnreadLimit{}.follow(path({}, {})), Change::None) << "unknown";
}

TEST(UnreadLimit, IsSetLaterWhereTheFirstAnswerWasLate) {
  UnreadLimit limit;
  EXPECT_EQ(limit.follow(path(microseconds{1200}, microseconds{1200})), Change::None);
  EXPECT_EQ(limit.follow(path(microseconds{1100}, microseconds{1050}, 2000)), Change::None);
  EXPECT_EQ(limit.follow(short_path(microseconds{700}, kLittle)), Change::Set);
  EXPECT_EQ(limit.follow(short_path(microseconds{700}, kLittle)), Change::None);
}

TEST(UnreadLimit, IsNotSetAnyMoreOnceMuchHasCome) {
  UnreadLimit limit;
  EXPECT_EQ(limit.follow(path(microseconds{1200}, microseconds{1200})), Change::None);
  EXPECT_EQ(limit.follow(short_path(microseconds{200}, kLittle + 1)), Change::None);
  EXPECT_EQ(limit.follow(short_path(microseconds{200}, kLittle + 1)), Change::None);
}

TEST(UnreadLimit, IsLiftedForGoodWhenThePathBecomesALongOne) {
  UnreadLimit limit;
  ASSERT_EQ(limit.follow(short_path(microseconds{200}, 0)), Change::Set);
  // The least round trip is that of the last minutes: it does not know of the other path yet.
  EXPECT_EQ(limit.follow(short_path(milliseconds{20}, kLittle)), Change::None) << "of what came before, perhaps";
  EXPECT_EQ(limit.follow(short_path(milliseconds{20}, 2 * kLittle - 1)), Change::None);
  EXPECT_EQ(limit.follow(short_path(milliseconds{20}, 2 * kLittle)), Change::Lift);
  EXPECT_EQ(limit.follow(short_path(milliseconds{20}, 4 * kLittle)), Change::None);
  EXPECT_EQ(limit.follow(short_path(microseconds{100}, 6 * kLittle)), Change::None);
}

TEST(UnreadLimit, IsNotLiftedForAcknowledgementsOfLittleThatArePutOff) {
  UnreadLimit limit;
  ASSERT_EQ(limit.follow(short_path(microseconds{200}, 0)), Change::Set);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(limit.follow(short_path(milliseconds{40}, 1000)), Change::None);
  // Then much comes: at first the kernel still has in mind what was.
  for (std::uint64_t i = 1; i < 100; ++i) {
    const Duration rtt = i % 2 == 0 ? microseconds{300} : microseconds{40'000};
    EXPECT_EQ(limit.follow(short_path(rtt, i * kLittle + 1000)), Change::None);
  }
}

}  // namespace
}  // namespace sallyport
