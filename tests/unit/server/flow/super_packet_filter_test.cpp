// A super-packet is judged and counted as its segments would be, one by one.

#include "server/flow/packet_filter.hpp"
#include "server/flow/refusal_packet.hpp"
#include "tests/support/super_packets.hpp"
#include "tests/unit/server/flow/filter_fixture.hpp"

#include <array>

namespace sallyport {
namespace {

using namespace test;

constexpr std::uint32_t kSeed = 4711;

/// Two filters that see the same traffic: one whole super-packets, the other their segments.
class SuperPacketFilter : public FilterTest {
 protected:
  struct Verdicts {
    Judgement whole;
    std::vector<Judgement> each;
  };
  Verdicts judge(const OwnSuperPacket& super, bool ours) {
    kept_.push_back(segments_of(super));
    Verdicts verdicts{ours ? filter.judge_from_client(super.view(), now) : filter.judge_from_office(super.view(), now),
                      {}};
    for (const auto& each : kept_.back()) {
      verdicts.each.push_back(ours ? one_by_one_.judge_from_client(each, now)
                                   : one_by_one_.judge_from_office(each, now));
    }
    return verdicts;
  }
  /// Both see it as it is.
  void judge_plain(const ByteBuffer& packet, bool ours) {
    for (auto* each : {&filter, &one_by_one_}) {
      (void)(ours ? each->judge_from_client(packet, now) : each->judge_from_office(packet, now));
    }
  }
  const Flow* flow_of(PacketFilter& judged, const FlowKey& key) {
    const Flow* found = nullptr;
    judged.flows().for_each_live(now.steady, [&](const Flow& flow) {
      if (flow.key == key) found = &flow;
    });
    return found;
  }

  PacketFilter one_by_one_{inside, rights_of(kUsualPolicy), FlowLimits{}};
  std::vector<std::vector<ByteBuffer>> kept_;
  std::mt19937 random_{kSeed};
};

TEST_F(SuperPacketFilter, JudgesAndCountsAsItsSegmentsOneByOne) {
  const std::array<std::shared_ptr<const Rights>, 2> rights{rights_of(kUsualPolicy), rights_of(kEmptyPolicy)};
  const std::array<std::array<std::string_view, 2>, 4> ends{
      {{kLaptop, kWeb}, {kLaptop, kLab}, {kLaptop, kSecret}, {kLaptop6, kWeb6}}};
  int passed = 0;
  int stopped = 0;
  for (int round = 0; round < 3000; ++round) {
    if (random_() % 200 == 0) {
      const auto& next = rights[random_() % 2];
      filter.replace_rights(next);
      one_by_one_.replace_rights(next);
    }
    if (random_() % 20 == 0) pass_time(std::chrono::seconds{random_() % 60});
    const bool ours = random_() % 3 != 0;
    const bool is_udp = random_() % 2 == 0;
    const auto& [laptop, office] = ends[random_() % ends.size()];
    const auto near = static_cast<std::uint16_t>(1 + random_() % 5);
    const std::uint16_t far = is_udp ? (random_() % 2 == 0 ? 53 : 54) : (random_() % 2 == 0 ? 443 : 444);
    const auto from = ours ? laptop : office;
    const auto to = ours ? office : laptop;
    const std::uint16_t source_port = ours ? near : far;
    const std::uint16_t port = ours ? far : near;
    if (!is_udp && random_() % 8 == 0)
      judge_plain(packet(laptop, office, tcp(near, far, random_() % 2 == 0 ? kSyn : kFin | kAck)), true);
    const std::size_t size = 536 + random_() % 900;
    const std::size_t payload = size + 1 + random_() % 9000;
    const auto super = is_udp ? super_udp(from, to, source_port, port, payload, size, random_)
                              : super_tcp(from, to, source_port, port, payload, size, random_);
    const auto verdicts = judge(super, ours);
    const bool passes = verdicts.whole.action == Action::Pass;
    for (const auto& each : verdicts.each) {
      ASSERT_EQ(each.action == Action::Pass, passes) << "round " << round << ", seed " << kSeed;
      ASSERT_TRUE(!passes || each.destination == verdicts.whole.destination);
    }
    (passes ? passed : stopped) += 1;
    ASSERT_EQ(verdicts.whole.tally.packets, verdicts.each.size());
    const FlowKey key{address(office), static_cast<std::uint8_t>(is_udp ? 17 : 6), near, far};
    const Flow* a = flow_of(filter, key);
    const Flow* b = flow_of(one_by_one_, key);
    ASSERT_EQ(a == nullptr, b == nullptr) << round;
    if (a == nullptr) continue;
    ASSERT_EQ(a->traffic, b->traffic) << round;
    ASSERT_EQ(a->state, b->state) << round;
    ASSERT_EQ(a->last_seen, b->last_seen) << round;
  }
  EXPECT_GT(passed, 200);
  EXPECT_GT(stopped, 500);
  EXPECT_EQ(filter.stats().passed_from_client, one_by_one_.stats().passed_from_client);
  EXPECT_EQ(filter.stats().passed_from_office, one_by_one_.stats().passed_from_office);
  // Only the answers are fewer, and the flow that the first segment ended is unknown to the others.
  const auto stops = [](const FilterStats& stats) {
    auto drops = stats.drops;
    for (const auto reason : {DropReason::RateLimited, DropReason::NoFlow}) {
      drops[static_cast<std::size_t>(DropReason::Forbidden)] +=
          std::exchange(drops[static_cast<std::size_t>(reason)], 0);
    }
    return drops;
  };
  EXPECT_EQ(stops(filter.stats()), stops(one_by_one_.stats()));
  EXPECT_LE(filter.stats().refused, one_by_one_.stats().refused);
}

TEST_F(SuperPacketFilter, DropsAndCountsWhatNoPeerMaySend) {
  (void)from_client(to_web());
  const auto good = super_tcp(kLaptop, kWeb, 40000, 443, 5000, 1448, random_);
  EXPECT_EQ(filter.judge_from_client(good.view(), now).action, Action::Pass);
  auto lying = good;
  lying.segmentation.header_length = 60;
  const auto end = super_tcp(kLaptop, kWeb, 40000, 443, 5000, 1448, random_, kAck | kFin);
  const auto tiny = super_tcp(kLaptop, kWeb, 40000, 443, 5000, 1, random_);
  for (const auto& bad : {lying, end, tiny}) {
    const auto judgement = filter.judge_from_client(bad.view(), now);
    EXPECT_EQ(judgement.action, Action::Drop);
    EXPECT_EQ(judgement.reason, DropReason::BadSuperPacket);
  }
  filter.note_bad_super_packet();
  EXPECT_EQ(filter.stats().dropped(DropReason::BadSuperPacket), 4U);
}

TEST_F(SuperPacketFilter, ChecksTheSourceOfASuperPacketToo) {
  const auto foreign = super_tcp("10.99.0.3", kWeb, 40000, 443, 5000, 1448, random_);
  EXPECT_EQ(filter.judge_from_client(foreign.view(), now).reason, DropReason::ForeignSource);
  EXPECT_EQ(filter.stats().dropped(DropReason::ForeignSource), 4U) << "as many packets as it stands for";
}

TEST_F(SuperPacketFilter, TakesOfOurOwnKernelAllThatCanBeCut) {
  (void)from_client(to_web());
  const auto end = super_tcp(kWeb, kLaptop, 443, 40000, 5000, 1448, random_, kAck | kFin);
  EXPECT_EQ(filter.judge_from_office(end.view(), now).action, Action::Pass);
  const auto request = packet(kWeb, kLaptop, echo(1, true, 7, 3000));
  EXPECT_EQ(filter.judge_from_office(SuperPacket{request, {SegmentKind::Udp, 1000, 28}}, now).reason,
            DropReason::BadSuperPacket);
}

TEST_F(SuperPacketFilter, AnswersASuperPacketAsItsFirstSegment) {
  for (const auto& super : {super_tcp(kLaptop, kSecret, 40000, 443, 5000, 1448, random_),
                            super_udp(kLaptop, kSecret, 40000, 443, 5000, 1200, random_)}) {
    const auto first = segments_of(super)[0];
    std::array<std::byte, kMaxRefusalSize> whole{};
    std::array<std::byte, kMaxRefusalSize> single{};
    const auto size = write_refusal(super.view(), filter.judge_from_client(super.view(), now), whole);
    ASSERT_GT(size, 0U);
    EXPECT_EQ(write_refusal(first, from_client(first), single), size);
    EXPECT_EQ(whole, single);
  }
}

}  // namespace
}  // namespace sallyport
