#include "common/queue/egress.hpp"
#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using namespace test;

ByteBuffer ack(std::uint32_t number, std::uint16_t port = 443) {
  return packet("10.99.0.2", "10.20.4.10", tcp(40000, port, kAck, 0, 1000, number));
}

TEST(EgressCounters, CountAcknowledgementsThatWentByOneThatSaidMore) {
  TimePoint now{std::chrono::hours{1}};
  Egress egress;
  const PathSample lossy{.rtt = milliseconds{40}, .least_rtt = milliseconds{40}, .retransmitted = 1};
  (void)egress.pace().adapt(lossy, now);
  ASSERT_EQ(egress.pace().ack_gap(), milliseconds{10});
  const auto waits = [&](const ByteBuffer& each) { return egress.delay_ack(SuperPacket{each}, now); };
  EXPECT_FALSE(waits(ack(0)));
  now += milliseconds{1};
  EXPECT_TRUE(waits(ack(1000)));
  EXPECT_EQ(egress.counters().joined, 0U) << "it waits, and goes";
  EXPECT_TRUE(waits(ack(2000)));
  EXPECT_FALSE(waits(ack(100, 444))) << "another flow's";
  EXPECT_EQ(egress.counters().joined, 1U);
  now += milliseconds{10};
  EXPECT_FALSE(waits(ack(3000))) << "nobody took it in time: this one says more";
  EXPECT_EQ(egress.counters().joined, 2U);
  now += milliseconds{10};
  EXPECT_FALSE(waits(ack(4000)));
  EXPECT_EQ(egress.counters().joined, 2U);
}

}  // namespace
}  // namespace sallyport
