#include "server/gateway/admission_gate.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(AdmissionGate, WantsNobodyMoreBeforeItRefusesThoseWhoseHandshakeIsUnderWay) {
  AdmissionGate gate{2};
  EXPECT_EQ(gate.room(), kAwaitingAdmission);
  for (std::size_t i = 0; i < kAwaitingAdmission; ++i) ASSERT_TRUE(gate.enter());
  EXPECT_EQ(gate.room(), 0U);
  EXPECT_TRUE(gate.enter());
  EXPECT_TRUE(gate.enter());
  EXPECT_FALSE(gate.enter());
  EXPECT_EQ(gate.room(), 0U);
}

TEST(AdmissionGate, HasRoomAgainOnceSomebodyWasLookedAt) {
  AdmissionGate gate{0};
  for (std::size_t i = 0; i < kAwaitingAdmission; ++i) ASSERT_TRUE(gate.enter());
  EXPECT_FALSE(gate.enter());
  gate.leave();
  EXPECT_EQ(gate.room(), 1U);
  EXPECT_TRUE(gate.enter());
}

}  // namespace
}  // namespace sallyport
