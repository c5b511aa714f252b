#include "server/gateway/packet_lane.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <thread>
#include <vector>

namespace sallyport {
namespace {

ByteBuffer packet(std::size_t size, unsigned mark) {
  return ByteBuffer(size, std::byte{static_cast<unsigned char>(mark)});
}

/// The first octets of all packets that can be taken.
std::vector<unsigned> take_all(PacketLane& lane) {
  std::vector<unsigned> marks;
  while (lane.take([&](const SuperPacket& each) { marks.push_back(std::to_integer<unsigned>(each.bytes[0])); })) {
  }
  return marks;
}

std::size_t give_until_full(PacketLane& lane, const ByteBuffer& one) {
  std::size_t given = 0;
  while (given < 100000 && lane.give(one)) ++given;
  return given;
}

/// Not on the stack, whose frames g++ 12 aligns to 32 octets under ASan; a lane wants a whole cache line.
class PacketLaneTest : public testing::Test {
 protected:
  PacketLane lane_;
};

TEST_F(PacketLaneTest, KeepsTheOrderAndTheWholePacket) {
  const auto large = packet(60000, 2);
  ASSERT_TRUE(lane_.give(packet(100, 1)));
  ASSERT_TRUE(lane_.give({large, {SegmentKind::TcpV4, 1400, 40}}));
  ASSERT_TRUE(lane_.publish());
  std::vector<ByteBuffer> packets;
  std::vector<Segmentation> segments;
  EXPECT_TRUE(lane_.take([&](const SuperPacket& each) {
    packets.emplace_back(each.bytes.begin(), each.bytes.end());
    segments.push_back(each.segmentation);
  }));
  EXPECT_EQ(packets, (std::vector<ByteBuffer>{packet(100, 1), large}));
  EXPECT_EQ(segments, (std::vector<Segmentation>{{}, {SegmentKind::TcpV4, 1400, 40}}));
  EXPECT_FALSE(lane_.has_more());
}

TEST_F(PacketLaneTest, ShowsNothingBeforeTheTurnIsOver) {
  ASSERT_TRUE(lane_.give(packet(100, 1)));
  EXPECT_TRUE(take_all(lane_).empty());
  EXPECT_TRUE(lane_.publish());
  EXPECT_FALSE(lane_.publish()) << "there is nothing to wake anybody for";
  EXPECT_EQ(take_all(lane_), std::vector<unsigned>{1});
}

TEST_F(PacketLaneTest, IsBoundedInPackets) {
  EXPECT_EQ(give_until_full(lane_, packet(40, 1)), PacketLane::kPackets);
  EXPECT_TRUE(lane_.publish()) << "what fits is passed on all the same";
  EXPECT_FALSE(lane_.give(packet(40, 2)));
  EXPECT_EQ(take_all(lane_).size(), PacketLane::kPackets);
  EXPECT_TRUE(lane_.give(packet(40, 3)));
  EXPECT_TRUE(lane_.publish());
  EXPECT_EQ(take_all(lane_), std::vector<unsigned>{3});
}

TEST_F(PacketLaneTest, IsBoundedInOctets) {
  EXPECT_EQ(give_until_full(lane_, packet(65535, 1)), PacketLane::kOctets / 65535);
}

TEST_F(PacketLaneTest, TakesAFewPacketsAtATimeAndThenHasRoomForAsMany) {
  (void)give_until_full(lane_, packet(40, 1));
  (void)lane_.publish();
  std::size_t taken = 0;
  ASSERT_TRUE(lane_.take([&](const SuperPacket&) { ++taken; }));
  EXPECT_EQ(taken, PacketLane::kAtOnce);
  EXPECT_TRUE(lane_.has_more());
  EXPECT_EQ(give_until_full(lane_, packet(40, 2)), taken);
}

TEST_F(PacketLaneTest, HasRoomForAsManyTurnsOfOnePacketAsForOneTurnOfMany) {
  for (std::uint32_t i = 0; i < PacketLane::kPackets; ++i) {
    ASSERT_TRUE(lane_.give(packet(100, 1))) << i;
    ASSERT_TRUE(lane_.publish());
  }
  EXPECT_EQ(take_all(lane_).size(), PacketLane::kPackets);
}

TEST_F(PacketLaneTest, KeepsEveryPacketWholeWhereverTheRingEnds) {
  std::size_t next = 0;
  std::size_t taken = 0;
  const auto size_of = [](std::size_t number) { return 1 + number * 7919 % 60000; };
  const auto check = [&](const SuperPacket& each) {
    ASSERT_EQ(each.bytes.size(), size_of(taken)) << taken;
    const std::byte mark{static_cast<unsigned char>(taken)};
    EXPECT_TRUE(std::all_of(each.bytes.begin(), each.bytes.end(), [mark](std::byte octet) { return octet == mark; }));
    ++taken;
  };
  while (taken < 3000) {
    const std::size_t before = next;
    while (lane_.give(packet(size_of(next), static_cast<unsigned>(next) & 0xffU))) ++next;
    ASSERT_GT(next, before) << "it had room";
    (void)lane_.publish();
    // Sometimes all of it, sometimes a part: then the ring goes on where it was.
    std::size_t most = next % 3 == 0 ? SIZE_MAX : 1;
    while (most-- > 0 && lane_.take(check)) {
    }
  }
}

TEST_F(PacketLaneTest, GivesItsMemoryBackOnceItIsEmptyAndNothingCame) {
  EXPECT_EQ(lane_.memory(), 0U);
  for (unsigned mark = 1; mark <= 3; ++mark) {
    ASSERT_TRUE(lane_.give(packet(60000, mark)));
    (void)lane_.publish();
    lane_.release_unused();
    lane_.release_unused();
    EXPECT_GE(lane_.memory(), PacketLane::kOctets) << "something waits";
    EXPECT_EQ(take_all(lane_), std::vector<unsigned>{mark});
    ASSERT_TRUE(lane_.give(packet(60000, mark)));
    (void)lane_.publish();
    EXPECT_EQ(take_all(lane_), std::vector<unsigned>{mark});
    lane_.release_unused();
    EXPECT_NE(lane_.memory(), 0U) << "something came meanwhile";
    lane_.release_unused();
    EXPECT_EQ(lane_.memory(), 0U);
  }
}

TEST_F(PacketLaneTest, CarriesEverythingItTookFromOneThreadToAnotherInOrder) {
  constexpr std::uint32_t kPackets = 200000;
  std::uint32_t given = 0;
  std::thread giver{[&] {
    ByteBuffer one(64);
    for (std::uint32_t number = 0; number < kPackets; ++number) {
      std::memcpy(one.data(), &number, sizeof number);
      given += lane_.give(one) ? 1U : 0U;
      if (number % 7 == 0) (void)lane_.publish();
      if (number % 64 == 0) lane_.release_unused();
    }
    // A last one that says so; until then the lane may be full.
    const std::uint32_t end = UINT32_MAX;
    std::memcpy(one.data(), &end, sizeof end);
    while (!lane_.give(one)) std::this_thread::yield();
    while (!lane_.publish()) std::this_thread::yield();
  }};
  std::uint32_t came = 0;
  bool in_order = true;
  bool over = false;
  for (std::uint32_t next = 0; !over;) {
    const bool some = lane_.take([&](const SuperPacket& each) {
      std::uint32_t number = 0;
      std::memcpy(&number, each.bytes.data(), sizeof number);
      over = number == UINT32_MAX;
      if (over) return;
      in_order = in_order && number >= next;
      next = number + 1;
      ++came;
    });
    if (!some) std::this_thread::yield();
  }
  giver.join();
  EXPECT_TRUE(in_order);
  EXPECT_EQ(came, given);
  EXPECT_GT(came, 0U);
}

}  // namespace
}  // namespace sallyport
