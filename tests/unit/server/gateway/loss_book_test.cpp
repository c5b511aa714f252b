#include "server/gateway/loss_book.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

LossBook::Entry lost(const char* device, std::uint64_t session, SessionLosses losses) {
  return {DeviceId{device}, UserId{"ana@example.com"}, SessionId{session}, losses};
}

TEST(LossBook, GathersOneEntryPerDeviceAndMinute) {
  LossBook book;
  const TimePoint start = TimePoint{} + 1h;
  book.add(lost("ana-laptop", 1, {.decisions = 3, .denials = 1}), start);
  book.add(lost("ana-laptop", 2, {.decisions = 4}), start + 30s);
  book.add(lost("bo-laptop", 3, {.denials = 9}), start + 40s);
  EXPECT_FALSE(book.is_due(start + 59s));
  ASSERT_TRUE(book.is_due(start + 60s));
  const auto list = book.take();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].device.text(), "ana-laptop");
  EXPECT_EQ(list[0].session, SessionId{2});
  EXPECT_EQ(list[0].losses, (SessionLosses{.decisions = 7, .denials = 1}));
  EXPECT_EQ(list[1].losses, (SessionLosses{.denials = 9}));
  EXPECT_FALSE(book.is_due(start + 1h));
  EXPECT_EQ(book.denials(), 10U);
}

TEST(LossBook, CountsMessagesThatWereNotReadAndTakesThemForNoLostRefusal) {
  LossBook book;
  book.add(lost("ana-laptop", 1, {.unread = 7}), TimePoint{});
  EXPECT_FALSE(book.is_due(TimePoint::max()));
  EXPECT_EQ(book.unread(), 7U);
  EXPECT_EQ(book.denials(), 0U);
}

TEST(LossBook, HasNothingToTellOfWhatOnlyATraceMissed) {
  LossBook book;
  book.add(lost("ana-laptop", 1, {.shown = 100}), TimePoint{});
  EXPECT_FALSE(book.is_due(TimePoint::max()));
}

}  // namespace
}  // namespace sallyport
