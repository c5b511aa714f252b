#include "server/gateway/refusal_gate.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

const IpAddress kSource = *IpAddress::parse("192.0.2.1");
const RefusalGate::Refusal kTooFast{"handshake.refused", "too_fast"};
const RefusalGate::Refusal kExpired{"handshake.refused", "expired"};

TEST(RefusalGate, CountsByReasonWhatIsMoreThanMayWait) {
  RefusalGate gate;
  for (std::size_t i = 0; i < RefusalGate::kMostWaiting; ++i) EXPECT_TRUE(gate.enter(kTooFast, kSource));
  EXPECT_FALSE(gate.enter(kTooFast, kSource));
  EXPECT_FALSE(gate.enter(kTooFast, kSource));
  EXPECT_FALSE(gate.enter(kExpired, kSource));
  const auto counted = gate.take();
  ASSERT_EQ(counted.size(), 2U);
  EXPECT_EQ(counted[0].refusal, kExpired);
  EXPECT_EQ(counted[0].count, 1U);
  EXPECT_EQ(counted[1].refusal, kTooFast);
  EXPECT_EQ(counted[1].count, 2U);
  EXPECT_EQ(counted[1].source, kSource);
  EXPECT_TRUE(gate.take().empty());
}

TEST(RefusalGate, LetsThroughAgainOnceThoseBeforeHaveArrived) {
  RefusalGate gate;
  for (std::size_t i = 0; i < RefusalGate::kMostWaiting; ++i) (void)gate.enter(kTooFast, kSource);
  gate.leave();
  EXPECT_TRUE(gate.enter(kTooFast, kSource));
  gate.leave_counted(kTooFast, kSource);
  EXPECT_TRUE(gate.enter(kTooFast, kSource));
  EXPECT_EQ(gate.take().size(), 1U) << "what could not be sent is counted too";
}

}  // namespace
}  // namespace sallyport
