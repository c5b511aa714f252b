#include "server/gateway/trace_book.hpp"

#include "tests/unit/server/record/records.hpp"

namespace sallyport {
namespace {

using namespace test;
using namespace std::chrono_literals;

using Ids = std::vector<TraceBook::Id>;
constexpr TraceBook::Id kFirst{1};
constexpr TraceBook::Id kSecond{2};

DecisionRecord record_about(const char* device) {
  auto evidence = ana();
  evidence.device = DeviceId{device};
  return judged(policy_of(kWebPolicy), evidence, web(), morning());
}
Trace trace_of(const char* device) { return {.device = DeviceId{device}, .to = {}, .end = {}}; }

TEST(TraceBook, ShowsADecisionToThoseWhoAskedForItsDeviceAndDestination) {
  TraceBook book;
  book.add(kFirst, trace_of("ana-laptop"));
  auto elsewhere = trace_of("ana-laptop");
  elsewhere.to = Destination::parse("10.20.4.99:443").value();
  book.add(kSecond, elsewhere);
  EXPECT_EQ(book.show(record_about("ana-laptop")), Ids{kFirst});
  EXPECT_EQ(book.show(record_about("bo-laptop")), Ids{});
  EXPECT_EQ(book.readers_of(DeviceId{"ana-laptop"}), (Ids{kFirst, kSecond}));
}

TEST(TraceBook, EndsATraceWhoseTimeIsOverWithWhatItShowed) {
  TraceBook book;
  const TimePoint start = TimePoint{} + 1h;
  auto short_one = trace_of("ana-laptop");
  short_one.end = start + 5s;
  book.add(kFirst, short_one);
  book.add(kSecond, trace_of("bo-laptop"));
  (void)book.show(record_about("ana-laptop"));
  EXPECT_EQ(book.next_end(), start + 5s);
  EXPECT_TRUE(book.take_over(start + 4s).empty());
  const auto over = book.take_over(start + 5s);
  ASSERT_EQ(over.size(), 1U);
  EXPECT_EQ(over[0].first, kFirst);
  EXPECT_EQ(over[0].second.shown, 1U);
  EXPECT_EQ(book.next_end(), std::nullopt);
  EXPECT_EQ(book.devices(), std::unordered_set{DeviceId{"bo-laptop"}});
}

TEST(TraceBook, HasRoomForAFewAndAgainWhenOneIsGone) {
  TraceBook book;
  for (std::uint64_t id = 1; id <= TraceBook::kMost; ++id) {
    EXPECT_FALSE(book.is_full());
    book.add(TraceBook::Id{id}, trace_of("ana-laptop"));
  }
  EXPECT_TRUE(book.is_full());
  EXPECT_TRUE(book.remove(kFirst));
  EXPECT_FALSE(book.remove(kFirst));
  EXPECT_FALSE(book.is_full());
}

}  // namespace
}  // namespace sallyport
