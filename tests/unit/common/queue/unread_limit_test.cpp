#include "common/queue/unread_limit.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::microseconds;
using Change = UnreadLimit::Change;

PathSample path(Duration rtt, Duration least) { return {.rtt = rtt, .least_rtt = least}; }

TEST(UnreadLimit, IsSetOnAShortPathAloneAndAtTheBeginningAlone) {
  UnreadLimit limit;
  EXPECT_EQ(limit.begin(path(microseconds{200}, microseconds{60})), Change::Set);
  EXPECT_EQ(limit.follow(path(microseconds{900}, microseconds{60})), Change::None);
  UnreadLimit longer;
  EXPECT_EQ(longer.begin(path(microseconds{40'000}, microseconds{40'000})), Change::None);
  EXPECT_EQ(longer.follow(path(microseconds{100}, microseconds{100})), Change::None);
  UnreadLimit unknown;
  EXPECT_EQ(unknown.begin(path({}, {})), Change::None);
}

TEST(UnreadLimit, IsLiftedForGoodWhenThePathBecomesALongOne) {
  UnreadLimit limit;
  ASSERT_EQ(limit.begin(path(microseconds{200}, microseconds{60})), Change::Set);
  // The least round trip is that of the last minutes: it does not know of the other path yet.
  EXPECT_EQ(limit.follow(path(microseconds{20'000}, microseconds{60})), Change::Lift);
  EXPECT_EQ(limit.follow(path(microseconds{20'000}, microseconds{60})), Change::None);
  EXPECT_EQ(limit.follow(path(microseconds{100}, microseconds{60})), Change::None);
}

}  // namespace
}  // namespace sallyport
