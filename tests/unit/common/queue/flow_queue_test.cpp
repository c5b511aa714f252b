#include "common/queue/flow_queue.hpp"

#include "tests/support/super_packets.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace sallyport {
namespace {

using namespace test;
using std::chrono::milliseconds;

constexpr std::size_t kRoom = 252U << 10U;
/// Of a CoDel that never says anything.
constexpr CodelSettings kPatient{std::chrono::hours{1}, std::chrono::hours{1}};

class FlowQueues : public testing::Test {
 protected:
  static ByteBuffer flow(unsigned port, std::size_t payload = 1400) {
    return packet("10.99.0.2", "10.20.4.10", udp(static_cast<std::uint16_t>(port), 53, payload));
  }
  void push(const SuperPacket& packet, FlowQueue::Terms terms = {.room = kRoom}) { queue_.push(packet, terms, now_); }
  std::optional<SuperPacket> pop(const CodelSettings& settings = kPatient) {
    const auto held = queue_.pop(settings, now_);
    return held ? std::optional{held->packet} : std::nullopt;
  }
  /// The source port of the next packet; 0: there is none.
  unsigned pop_port() {
    const auto packet = pop();
    return packet ? PacketView::parse(packet->bytes).value().source_port() : 0;
  }

  QueueHome home_{.pool = {}, .key = {1, 2}};
  FlowQueue queue_{home_};
  TimePoint now_{std::chrono::hours{1}};
};

TEST_F(FlowQueues, GivesBackWhatWasPutInUnchanged) {
  std::mt19937 random{7};
  const auto super = super_tcp("10.99.0.2", "10.20.4.10", 40000, 443, 60000, 1448, random);
  const auto plain = packet("fd12::2", "fd00:20::10", udp(1, 2, 99));
  push(super.view(), {.room = kRoom, .let_in = {.tag = 11}});
  push(plain, {.room = kRoom, .let_in = {.tag = 12}});
  std::map<std::uint64_t, ByteBuffer> found;
  while (const auto held = queue_.pop(kPatient, now_)) {
    found[held->let_in.tag] = {held->packet.bytes.begin(), held->packet.bytes.end()};
    EXPECT_EQ(held->packet.segmentation, held->let_in.tag == 11 ? super.segmentation : Segmentation{});
  }
  EXPECT_EQ(found, (std::map<std::uint64_t, ByteBuffer>{{11, super.bytes}, {12, plain}}));
  EXPECT_TRUE(queue_.is_empty());
  EXPECT_EQ(queue_.octets(), 0U);
}

TEST_F(FlowQueues, LetsAFlowThatSendsLittleGoFirst) {
  for (unsigned i = 0; i < 20; ++i) push(flow(1000 + i % 4));
  for (int i = 0; i < 8; ++i) (void)pop();
  push(flow(7, 60));
  EXPECT_EQ(pop_port(), 7U);
}

TEST_F(FlowQueues, KeepsASparseFlowWaitingForOneTurnOfTheOtherNewOnesAtMost) {
  for (unsigned i = 0; i < 40; ++i) push(flow(1000 + i % 4));
  for (int i = 0; i < 8; ++i) (void)pop();
  constexpr unsigned kNewFlows = 5;
  for (unsigned i = 0; i < kNewFlows; ++i) {
    for (int k = 0; k < 10; ++k) push(flow(2000 + i, 500));
  }
  push(flow(7, 60));
  std::size_t before = 0;
  while (const auto packet = pop()) {
    if (PacketView::parse(packet->bytes).value().source_port() == 7) break;
    before += packet->bytes.size();
  }
  EXPECT_GT(before, 0U);
  EXPECT_LE(before, kNewFlows * (static_cast<std::size_t>(FlowQueue::kQuantum) + 528));
}

TEST_F(FlowQueues, MakesAFlowThatBecameOldWaitForItsTurn) {
  for (int i = 0; i < 20; ++i) push(flow(1000));
  push(flow(7, 60));
  EXPECT_EQ(pop_port(), 1000U);
  EXPECT_EQ(pop_port(), 1000U);
  EXPECT_EQ(pop_port(), 7U);
  // Its queue ran empty a moment ago: it must not come first again with every packet.
  std::map<unsigned, int> turns;
  for (int i = 0; i < 10; ++i) {
    push(flow(7, 1400));
    ++turns[pop_port()];
  }
  EXPECT_GE(turns[1000], 3);
}

TEST_F(FlowQueues, SharesOctetsEquallyAmongGreedyFlowsWhateverTheirPacketsAre) {
  std::mt19937 random{3};
  const std::vector<OwnSuperPacket> packets{{flow(1, 60), {}},
                                            {flow(2, 700), {}},
                                            {flow(3, 1400), {}},
                                            super_tcp("10.99.0.2", "10.20.4.10", 4, 443, 20000, 1448, random),
                                            super_tcp("10.99.0.2", "10.20.4.10", 5, 443, 64000, 1448, random)};
  const FlowQueue::Terms roomy{.room = 4U << 20U};
  std::map<unsigned, double> octets;
  for (const auto& each : packets) {
    push(each.view(), roomy);
    push(each.view(), roomy);
  }
  double all = 0;
  while (all < 50e6) {
    const auto packet = pop();
    ASSERT_TRUE(packet);
    const unsigned port = PacketView::parse(packet->bytes).value().source_port();
    octets[port] += static_cast<double>(packet->bytes.size());
    all += static_cast<double>(packet->bytes.size());
    push(packets[port - 1].view(), roomy);
  }
  for (const auto& [port, count] : octets) EXPECT_NEAR(count, all / 5, all / 5 * 0.05) << "flow " << port;
}

TEST_F(FlowQueues, MakesRoomByTheOldestPacketsOfTheLongestQueue) {
  for (unsigned i = 0; i < 400; ++i) push(flow(1000, 1000 + i));
  for (unsigned i = 0; i < 5; ++i) push(flow(7, 100 + i));
  EXPECT_LE(queue_.octets(), kRoom);
  const auto dropped = queue_.counters().dropped_limit;
  EXPECT_GT(dropped, 0U);
  std::vector<std::size_t> sparse;
  std::vector<std::size_t> greedy;
  while (const auto packet = pop()) {
    const bool is_sparse = PacketView::parse(packet->bytes).value().source_port() == 7;
    (is_sparse ? sparse : greedy).push_back(packet->bytes.size() - 28);
  }
  EXPECT_EQ(sparse, (std::vector<std::size_t>{100, 101, 102, 103, 104}));
  ASSERT_EQ(greedy.size() + dropped, 400U);
  EXPECT_EQ(greedy.front(), 1000 + dropped);
  EXPECT_EQ(greedy.back(), 1399U);
}

TEST_F(FlowQueues, LetsEqualFlowsGiveWayInTurn) {
  constexpr unsigned kFlows = 8;
  constexpr int kRounds = 200;
  for (int i = 0; i < kRounds; ++i) {
    for (unsigned k = 0; k < kFlows; ++k) push(flow(1000 + k, 1000));
  }
  std::map<unsigned, int> left;
  while (const unsigned port = pop_port()) ++left[port];
  ASSERT_EQ(left.size(), kFlows);
  const auto [least, most] =
      std::minmax_element(left.begin(), left.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  EXPECT_LE(most->second - least->second, 2);

  // Room for one packet of each: whoever comes makes another one lose its only one, not the same one each time.
  std::map<unsigned, int> got;
  const std::size_t room = kFlows * BufferPool::footprint_of(1028);
  for (unsigned i = 0; i < 400; ++i) {
    for (unsigned k = 0; k < kFlows; ++k) push(flow(1000 + k, 1000), {.room = room});
    push(flow(1000 + i % kFlows, 1000), {.room = room});
    push(flow(2000 + i % kFlows, 1000), {.room = room});
    while (const unsigned port = pop_port()) ++got[port];
  }
  for (unsigned k = 0; k < kFlows; ++k) EXPECT_GT(got[1000 + k], 250) << "flow " << k;
}

TEST_F(FlowQueues, HoldsABoundedNumberOfSmallPackets) {
  for (int i = 0; i < 5000; ++i) push(flow(1000, 1), {.room = 64U << 20U});
  EXPECT_EQ(queue_.packets(), FlowQueue::kMostPackets);
}

TEST_F(FlowQueues, DropsWhatHasNoRoomAtAllAndWhatIsNoPacket) {
  push(flow(1), {.room = 100});
  push(ByteBuffer(19));
  EXPECT_TRUE(queue_.is_empty());
  EXPECT_EQ(queue_.counters().dropped_limit, 2U);
}

TEST_F(FlowQueues, CutsALongSuperPacketSoThatOthersComeBetween) {
  std::mt19937 random{5};
  const auto super = super_tcp("10.99.0.2", "10.20.4.10", 40000, 443, 60000, 1448, random);
  push(super.view(), {.room = kRoom, .largest_piece = 6000});
  push(super.view(), {.room = kRoom, .largest_piece = 6000});
  ASSERT_TRUE(pop());
  push(flow(7, 60));
  EXPECT_EQ(pop_port(), 7U);
  std::size_t longest = 0;
  while (const auto packet = pop()) longest = std::max(longest, packet->bytes.size());
  EXPECT_LE(longest, 6000U);
  EXPECT_GT(longest, 4000U);
}

TEST_F(FlowQueues, MarksAFlowThatSpeaksEcnAndDropsFromOneThatDoesNot) {
  auto capable = flow(1000);
  put16(capable, 0, get16(capable, 0) | 2U);
  put16(capable, 10, 0);
  put16(capable, 10, naive_checksum({capable.begin(), capable.begin() + 20}));
  for (const auto& bytes : {capable, flow(2000)}) {
    const auto before = queue_.counters();
    for (int tick = 0; tick < 1000; ++tick) {
      now_ += milliseconds{1};
      push(bytes);
      push(bytes);
      (void)pop({});
    }
    const bool speaks = bytes == capable;
    EXPECT_EQ(queue_.counters().marked - before.marked > 5, speaks);
    EXPECT_EQ(queue_.counters().dropped_codel - before.dropped_codel > 5, !speaks);
    queue_.clear();
  }
}

TEST_F(FlowQueues, GivesItsBuffersBackWhenItGoes) {
  {
    FlowQueue other{home_};
    for (unsigned i = 0; i < 50; ++i) other.push(flow(1000 + i), {.room = kRoom}, now_);
    (void)other.pop(kPatient, now_);
  }
  EXPECT_GE(home_.pool.kept(), 50U * 1400);
}

}  // namespace
}  // namespace sallyport
