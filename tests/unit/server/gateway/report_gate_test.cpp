#include "server/gateway/report_gate.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(ReportGate, LosesAndCountsWhatClientsBringAboutBeyondItsRoom) {
  ReportGate gate;
  const WorkerReport renewed{report::EvidenceRenewed{}};
  for (std::size_t i = 0; i < ReportGate::kMostWaiting; ++i) ASSERT_TRUE(gate.enter(renewed));
  EXPECT_FALSE(gate.enter(renewed));
  EXPECT_EQ(gate.lost().others.load(), 1U);
  gate.leave(renewed);
  EXPECT_TRUE(gate.enter(renewed));
}

TEST(ReportGate, LetsEveryEndOfASessionThrough) {
  ReportGate gate;
  const WorkerReport ended{report::Ended{}};
  for (std::size_t i = 0; i < 3 * ReportGate::kMostWaiting; ++i) ASSERT_TRUE(gate.enter(ended));
  EXPECT_TRUE(gate.enter(WorkerReport{report::EvidenceRenewed{}})) << "and they take no room";
}

}  // namespace
}  // namespace sallyport
