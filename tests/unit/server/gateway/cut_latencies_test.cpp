#include "server/gateway/cut_latencies.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::milliseconds;

Cut cut(CutCause cause, int last_packet, int effect = 1) {
  return {cause, milliseconds{effect}, milliseconds{last_packet}};
}

TEST(CutLatencies, AreNothingBeforeTheFirst) {
  const CutLatencies latencies;
  const auto view = latencies.view(CutCause::Revoke);
  EXPECT_EQ(view.count, 0U);
  EXPECT_EQ(view.last_packet.max, Duration::zero());
}

TEST(CutLatencies, AreRanksOfWhatWasSeen) {
  CutLatencies latencies;
  for (int i = 1; i <= 100; ++i) latencies.add(cut(CutCause::Revoke, 101 - i, 2 * i));
  const auto view = latencies.view(CutCause::Revoke);
  EXPECT_EQ(view.count, 100U);
  EXPECT_EQ(view.last_packet.p50, milliseconds{50});
  EXPECT_EQ(view.last_packet.p99, milliseconds{99});
  EXPECT_EQ(view.last_packet.max, milliseconds{100});
  EXPECT_EQ(view.effect.max, milliseconds{200});
  latencies.add(cut(CutCause::Revoke, 7));
  EXPECT_EQ(latencies.view(CutCause::Revoke).last_packet.max, milliseconds{100});
}

TEST(CutLatencies, KeepCausesApart) {
  CutLatencies latencies;
  latencies.add(cut(CutCause::Policy, 900));
  EXPECT_EQ(latencies.view(CutCause::Revoke).count, 0U);
  EXPECT_EQ(latencies.view(CutCause::Policy).last_packet.p50, milliseconds{900}) << "of one, everything is that one";
}

TEST(CutLatencies, LookAtTheLatestAloneAndCountAll) {
  CutLatencies latencies;
  latencies.add(cut(CutCause::Disable, 5000));
  for (std::size_t i = 0; i < CutLatencies::kWindow; ++i) latencies.add(cut(CutCause::Disable, 2));
  const auto view = latencies.view(CutCause::Disable);
  EXPECT_EQ(view.count, CutLatencies::kWindow + 1);
  EXPECT_EQ(view.window, CutLatencies::kWindow);
  EXPECT_EQ(view.last_packet.max, milliseconds{2}) << "the first one is out of sight";
  EXPECT_EQ(view.histogram.back(), 1U) << "but counted: beyond the last bound";
  EXPECT_EQ(view.histogram[1], CutLatencies::kWindow) << "up to 3 ms";
}

TEST(CutLatencies, HaveTotalsThatOnlyGrow) {
  CutLatencies latencies;
  for (std::size_t i = 0; i < CutLatencies::kWindow + 5; ++i) latencies.add(cut(CutCause::Crl, 2, 20));
  latencies.add(cut(CutCause::Crl, 5000, 4000));
  const auto& totals = latencies.totals(CutCause::Crl);
  EXPECT_EQ(totals.count, CutLatencies::kWindow + 6);
  EXPECT_EQ(totals.last_packet[1], CutLatencies::kWindow + 5) << "up to 3 ms";
  EXPECT_EQ(totals.effect[3], CutLatencies::kWindow + 5) << "up to 30 ms";
  EXPECT_EQ(totals.last_packet.back(), 1U);
  EXPECT_EQ(totals.last_packet_sum, milliseconds{2 * (CutLatencies::kWindow + 5) + 5000});
  EXPECT_EQ(totals.effect_sum, milliseconds{20 * (CutLatencies::kWindow + 5) + 4000});
  EXPECT_EQ(latencies.totals(CutCause::Policy).count, 0U);
}

TEST(CutLatencies, HaveNamesForEveryCause) {
  for (std::size_t i = 0; i < kCutCauses; ++i) EXPECT_FALSE(name_of(static_cast<CutCause>(i)).empty());
}

}  // namespace
}  // namespace sallyport
