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

TEST(PacketLane, KeepsTheOrderAndTheWholePacket) {
  PacketLane lane;
  const auto large = packet(60000, 2);
  ASSERT_TRUE(lane.give(packet(100, 1)));
  ASSERT_TRUE(lane.give({large, {SegmentKind::TcpV4, 1400, 40}}));
  ASSERT_TRUE(lane.publish());
  std::vector<ByteBuffer> packets;
  std::vector<Segmentation> segments;
  EXPECT_TRUE(lane.take([&](const SuperPacket& each) {
    packets.emplace_back(each.bytes.begin(), each.bytes.end());
    segments.push_back(each.segmentation);
  }));
  EXPECT_EQ(packets, (std::vector<ByteBuffer>{packet(100, 1), large}));
  EXPECT_EQ(segments, (std::vector<Segmentation>{{}, {SegmentKind::TcpV4, 1400, 40}}));
  EXPECT_FALSE(lane.has_more());
}

TEST(PacketLane, ShowsNothingBeforeTheTurnIsOver) {
  PacketLane lane;
  ASSERT_TRUE(lane.give(packet(100, 1)));
  EXPECT_TRUE(take_all(lane).empty());
  EXPECT_TRUE(lane.publish());
  EXPECT_FALSE(lane.publish()) << "there is nothing to wake anybody for";
  EXPECT_EQ(take_all(lane), std::vector<unsigned>{1});
}

TEST(PacketLane, IsBoundedInPackets) {
  PacketLane lane;
  EXPECT_EQ(give_until_full(lane, packet(40, 1)), PacketLane::kPackets);
  EXPECT_TRUE(lane.publish()) << "what fits is passed on all the same";
  EXPECT_FALSE(lane.give(packet(40, 2)));
  EXPECT_EQ(take_all(lane).size(), PacketLane::kPackets);
  EXPECT_TRUE(lane.give(packet(40, 3)));
  EXPECT_TRUE(lane.publish());
  EXPECT_EQ(take_all(lane), std::vector<unsigned>{3});
}

TEST(PacketLane, IsBoundedInOctets) {
  PacketLane lane;
  EXPECT_EQ(give_until_full(lane, packet(65535, 1)), PacketLane::kOctets / 65535);
}

TEST(PacketLane, TakesAFewPacketsAtATimeAndThenHasRoomForAsMany) {
  PacketLane lane;
  (void)give_until_full(lane, packet(40, 1));
  (void)lane.publish();
  std::size_t taken = 0;
  ASSERT_TRUE(lane.take([&](const SuperPacket&) { ++taken; }));
  EXPECT_EQ(taken, PacketLane::kAtOnce);
  EXPECT_TRUE(lane.has_more());
  EXPECT_EQ(give_until_full(lane, packet(40, 2)), taken);
}

TEST(PacketLane, HasRoomForAsManyTurnsOfOnePacketAsForOneTurnOfMany) {
  PacketLane lane;
  for (std::uint32_t i = 0; i < PacketLane::kPackets; ++i) {
    ASSERT_TRUE(lane.give(packet(100, 1))) << i;
    ASSERT_TRUE(lane.publish());
  }
  EXPECT_EQ(take_all(lane).size(), PacketLane::kPackets);
}

TEST(PacketLane, KeepsEveryPacketWholeWhereverTheRingEnds) {
  PacketLane lane;
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
    while (lane.give(packet(size_of(next), static_cast<unsigned>(next) & 0xffU))) ++next;
    ASSERT_GT(next, before) << "it had room";
    (void)lane.publish();
    // Sometimes all of it, sometimes a part: then the ring goes on where it was.
    std::size_t most = next % 3 == 0 ? SIZE_MAX : 1;
    while (most-- > 0 && lane.take(check)) {
    }
  }
}

TEST(PacketLane, GivesItsMemoryBackOnceItIsEmptyAndNothingCame) {
  PacketLane lane;
  EXPECT_EQ(lane.memory(), 0U);
  for (unsigned mark = 1; mark <= 3; ++mark) {
    ASSERT_TRUE(lane.give(packet(60000, mark)));
    (void)lane.publish();
    lane.release_unused();
    lane.release_unused();
    EXPECT_GE(lane.memory(), PacketLane::kOctets) << "something waits";
    EXPECT_EQ(take_all(lane), std::vector<unsigned>{mark});
    ASSERT_TRUE(lane.give(packet(60000, mark)));
    (void)lane.publish();
    EXPECT_EQ(take_all(lane), std::vector<unsigned>{mark});
    lane.release_unused();
    EXPECT_NE(lane.memory(), 0U) << "something came meanwhile";
    lane.release_unused();
    EXPECT_EQ(lane.memory(), 0U);
  }
}

TEST(PacketLane, CarriesEverythingItTookFromOneThreadToAnotherInOrder) {
  PacketLane lane;
  constexpr std::uint32_t kPackets = 200000;
  std::uint32_t given = 0;
  std::thread giver{[&] {
    ByteBuffer one(64);
    for (std::uint32_t number = 0; number < kPackets; ++number) {
      std::memcpy(one.data(), &number, sizeof number);
      given += lane.give(one) ? 1U : 0U;
      if (number % 7 == 0) (void)lane.publish();
      if (number % 64 == 0) lane.release_unused();
    }
    // A last one that says so; until then the lane may be full.
    const std::uint32_t end = UINT32_MAX;
    std::memcpy(one.data(), &end, sizeof end);
    while (!lane.give(one)) std::this_thread::yield();
    while (!lane.publish()) std::this_thread::yield();
  }};
  std::uint32_t came = 0;
  bool in_order = true;
  bool over = false;
  for (std::uint32_t next = 0; !over;) {
    const bool some = lane.take([&](const SuperPacket& each) {
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
