#include "common/queue/ack_pace.hpp"

#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using namespace test;

constexpr auto kGap = milliseconds{10};

ByteBuffer ack(std::uint32_t number, std::uint16_t port = 443) {
  return packet("10.99.0.2", "10.20.4.10", tcp(40000, port, kAck, 0, 1000, number));
}

class AcknowledgementsApart : public testing::Test {
 protected:
  [[nodiscard]] bool goes_on(const ByteBuffer& packet, Duration gap = kGap) {
    return !pace_.hold(SuperPacket{packet}, gap, now_);
  }
  [[nodiscard]] ByteBuffer taken() {
    const Bytes due = pace_.take(kGap, now_);
    return {due.begin(), due.end()};
  }

  TimePoint now_{std::chrono::hours{1}};
  AckPace pace_;
};

TEST_F(AcknowledgementsApart, GoAtOnceWhereTheyComeAlone) {
  for (std::uint32_t i = 0; i < 5; ++i, now_ += kGap) EXPECT_TRUE(goes_on(ack(1000 * i)));
  EXPECT_EQ(pace_.due(), std::nullopt);
}

TEST_F(AcknowledgementsApart, WaitForThoseThatSayMoreUntilTheGapHasPassed) {
  const auto begun = now_;
  ASSERT_TRUE(goes_on(ack(0)));
  for (std::uint32_t i = 1; i < 10; ++i) {
    now_ += milliseconds{1};
    EXPECT_FALSE(goes_on(ack(1000 * i)));
    EXPECT_EQ(pace_.due(), begun + kGap);
    EXPECT_TRUE(taken().empty());
  }
  now_ = begun + kGap;
  EXPECT_EQ(taken(), ack(9000));
  EXPECT_TRUE(taken().empty());
  EXPECT_EQ(pace_.due(), std::nullopt);
  EXPECT_FALSE(goes_on(ack(10000))) << "the next gap";
  now_ += kGap;
  EXPECT_TRUE(goes_on(ack(11000))) << "and nobody took it meanwhile: this one says more";
  EXPECT_EQ(pace_.due(), std::nullopt);
}

TEST_F(AcknowledgementsApart, LeaveOtherFlowsAndEverythingElseAlone) {
  ASSERT_TRUE(goes_on(ack(0)));
  ASSERT_FALSE(goes_on(ack(1000)));
  EXPECT_TRUE(goes_on(ack(2000, 444)));
  EXPECT_TRUE(goes_on(ack(1000))) << "a second one for the same octets tells of a loss";
  EXPECT_TRUE(goes_on(packet("10.99.0.2", "10.20.4.10", tcp(40000, 443, kAck, 100, 1000, 3000))));
  now_ += kGap;
  EXPECT_EQ(taken(), ack(1000));
  EXPECT_TRUE(goes_on(ack(3000, 444))) << "which may be the next that waits";
  EXPECT_FALSE(goes_on(ack(4000, 444)));
}

TEST_F(AcknowledgementsApart, AreNotKeptWithoutAGap) {
  for (std::uint32_t i = 0; i < 5; ++i) EXPECT_TRUE(goes_on(ack(1000 * i), Duration{}));
  ASSERT_TRUE(goes_on(ack(10000)));
  ASSERT_FALSE(goes_on(ack(11000)));
  pace_.forget();
  EXPECT_EQ(pace_.due(), std::nullopt);
  EXPECT_TRUE(goes_on(ack(12000), Duration{}));
}

}  // namespace
}  // namespace sallyport
