#include "common/queue/bulk_flows.hpp"

#include "tests/support/super_packets.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace test;
using std::chrono::milliseconds;

class BulkFlowsTest : public testing::Test {
 protected:
  static ByteBuffer upload(std::size_t payload, std::uint16_t port = 40000) {
    return packet("10.99.0.2", "10.20.4.10", udp(port, 443, payload));
  }
  static ByteBuffer answer(std::uint16_t port = 40000) { return packet("10.20.4.10", "10.99.0.2", udp(443, port, 20)); }

  TimePoint now_{std::chrono::hours{1}};
  BulkFlows flows_{{5, 6}};
};

TEST_F(BulkFlowsTest, KnowTheAnswersToLargePackets) {
  EXPECT_FALSE(flows_.is_answer(answer(), now_));
  flows_.note(upload(1400), now_);
  EXPECT_TRUE(flows_.is_answer(answer(), now_));
  EXPECT_FALSE(flows_.is_answer(answer(40001), now_)) << "of another flow";
  EXPECT_FALSE(flows_.is_answer(upload(1400), now_)) << "of the same direction";
}

TEST_F(BulkFlowsTest, KnowTheAnswersToSuperPacketsOfBothFamilies) {
  std::mt19937 random{7};
  flows_.note(super_tcp("10.99.0.2", "10.20.4.10", 40000, 443, 60000, 1448, random).view(), now_);
  flows_.note(super_tcp("fd12::2", "fd00:20::10", 40000, 443, 60000, 1428, random).view(), now_);
  EXPECT_TRUE(flows_.is_answer(packet("10.20.4.10", "10.99.0.2", tcp(443, 40000, kAck)), now_));
  EXPECT_TRUE(flows_.is_answer(packet("fd00:20::10", "fd12::2", tcp(443, 40000, kAck)), now_));
}

TEST_F(BulkFlowsTest, TakeAFlowOfSmallPacketsForNone) {
  for (int i = 0; i < 1000; ++i) flows_.note(upload(900), now_);
  EXPECT_FALSE(flows_.is_answer(answer(), now_));
}

TEST_F(BulkFlowsTest, ForgetAFlowThatPauses) {
  flows_.note(upload(1400), now_);
  now_ += BulkFlows::kMemory - milliseconds{1};
  EXPECT_TRUE(flows_.is_answer(answer(), now_));
  flows_.note(upload(1400, 40001), now_);
  now_ += milliseconds{1};
  EXPECT_FALSE(flows_.is_answer(answer(), now_));
  EXPECT_TRUE(flows_.is_answer(answer(40001), now_));
}

TEST_F(BulkFlowsTest, LookAtNoPacketThatIsNone) {
  flows_.note(upload(1400), now_);
  flows_.note(SuperPacket{ByteBuffer(2000)}, now_);
  EXPECT_FALSE(flows_.is_answer(ByteBuffer(20), now_));
  EXPECT_FALSE(flows_.is_answer({}, now_));
}

}  // namespace
}  // namespace sallyport
