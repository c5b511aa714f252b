#include "server/gateway/worker_totals.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

WorkerTotals totals(std::uint64_t in, std::uint64_t out, std::uint64_t forbidden) {
  WorkerTotals made;
  made.traffic = {.packets_in = in, .bytes_in = in * 100, .packets_out = out, .bytes_out = out * 100};
  made.filter.drops[static_cast<std::size_t>(DropReason::Forbidden)] = forbidden;
  made.filter.refused = forbidden;
  return made;
}

TEST(WorkerTotals, AddUp) {
  auto sum = totals(1, 2, 3);
  sum += totals(10, 20, 30);
  EXPECT_EQ(sum.traffic.bytes_in, 1100U);
  EXPECT_EQ(sum.traffic.packets_out, 22U);
  EXPECT_EQ(sum.filter.dropped(DropReason::Forbidden), 33U);
  EXPECT_EQ(sum.filter.refused, 33U);
}

TEST(WorkerTotals, AreNeverLessThanWhatWasSeenBefore) {
  auto known = totals(100, 5, 7);
  known.raise(totals(40, 6, 7));
  EXPECT_EQ(known.traffic.packets_in, 100U) << "a session that ended while it was counted";
  EXPECT_EQ(known.traffic.packets_out, 6U);
  known.raise(totals(120, 6, 9));
  EXPECT_EQ(known.traffic.bytes_in, 12'000U);
  EXPECT_EQ(known.filter.refused, 9U);
}

}  // namespace
}  // namespace sallyport
