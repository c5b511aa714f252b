#include "common/ip/udp_gatherer.hpp"

#include "tests/support/super_packets.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace test;

constexpr std::uint32_t kSeed = 4711;
constexpr std::size_t kHeadroom = 16;

/// Never to be fragmented, as nearly all UDP is sent.
ByteBuffer datagram(std::size_t payload, std::mt19937& random, std::uint16_t port = 1000, unsigned id = 0) {
  auto transport = udp(port, 53, payload);
  fill_randomly(transport, 8, random);
  auto out = packet("10.99.0.2", "10.20.4.10", transport);
  put16(out, 4, id);
  put16(out, 6, 0x4000);
  put16(out, 10, 0);
  put16(out, 10, naive_checksum({out.begin(), out.begin() + 20}));
  return out;
}

ByteBuffer datagram6(std::size_t payload, std::mt19937& random) {
  auto transport = udp(1000, 53, payload);
  fill_randomly(transport, 8, random);
  return packet("fd12::2", "fd00:20::10", transport);
}

class Gathering : public testing::Test {
 protected:
  /// What the kernel would make of what is gathered.
  std::vector<ByteBuffer> taken() {
    const auto super = gatherer_.gathered();
    if (super.is_plain()) return {ByteBuffer{super.bytes.begin(), super.bytes.end()}};
    return segments_of({{super.bytes.begin(), super.bytes.end()}, super.segmentation});
  }

  std::mt19937 random_{kSeed};
  ByteBuffer room_ = ByteBuffer(kHeadroom + 65536);
  UdpGatherer gatherer_{room_, kHeadroom};
};

TEST_F(Gathering, FallsApartIntoWhatWentIn) {
  for (int round = 0; round < 500; ++round) {
    const bool v4 = round % 2 == 0;
    const std::size_t size = 1 + random_() % 1400;
    std::vector<ByteBuffer> in;
    gatherer_.clear();
    for (std::size_t count = 1 + random_() % 64; in.size() < count;) {
      const std::size_t payload = in.size() + 1 < count ? size : 1 + random_() % size;
      auto each =
          v4 ? datagram(payload, random_, 1000, static_cast<unsigned>(77 + in.size())) : datagram6(payload, random_);
      if (!gatherer_.add(each)) break;
      in.push_back(std::move(each));
    }
    ASSERT_GT(in.size(), 0U);
    ASSERT_EQ(taken(), in) << "round " << round << ", seed " << kSeed;
  }
}

TEST_F(Gathering, IsASuperPacketThatKernelsTake) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(gatherer_.add(datagram(64, random_)));
  const auto super = gatherer_.gathered();
  EXPECT_EQ(super.segmentation, (Segmentation{SegmentKind::Udp, 64, 28}));
  const auto view = PacketView::parse(super.bytes);
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(view->bytes().size(), 28U + 3 * 64);
  EXPECT_EQ(load_be16(view->transport().subspan(4)), 8U + 3 * 64);
}

TEST_F(Gathering, KeepsOnePacketAsItCame) {
  const auto one = datagram(100, random_);
  ASSERT_TRUE(gatherer_.add(one));
  EXPECT_TRUE(gatherer_.gathered().is_plain());
  EXPECT_EQ(taken(), std::vector<ByteBuffer>{one});
}

TEST_F(Gathering, EndsAfterAShorterPacketAndBeforeALongerOne) {
  ASSERT_TRUE(gatherer_.add(datagram(100, random_)));
  EXPECT_FALSE(gatherer_.add(datagram(101, random_)));
  ASSERT_TRUE(gatherer_.add(datagram(99, random_)));
  EXPECT_FALSE(gatherer_.add(datagram(99, random_)));
  EXPECT_FALSE(gatherer_.add(datagram(100, random_)));
}

TEST_F(Gathering, EndsWithAnotherFlowOrAnotherHeader) {
  ASSERT_TRUE(gatherer_.add(datagram(100, random_)));
  EXPECT_FALSE(gatherer_.add(datagram(100, random_, 1001)));
  EXPECT_FALSE(gatherer_.add(datagram6(100, random_)));
  for (const std::size_t at : {1U, 8U, 12U, 16U}) {  // DSCP, TTL, addresses
    auto other = datagram(100, random_);
    other[at] ^= std::byte{4};
    put16(other, 10, 0);
    put16(other, 10, naive_checksum({other.begin(), other.begin() + 20}));
    put16(other, 26, 0);
    const auto from = IpAddress::from_octets(Bytes{other}.subspan(12, 4));
    const auto to = IpAddress::from_octets(Bytes{other}.subspan(16, 4));
    put16(other, 26, naive_transport_checksum(from, to, 17, Bytes{other}.subspan(20)));
    EXPECT_FALSE(gatherer_.add(other)) << at;
  }
  EXPECT_TRUE(gatherer_.add(datagram(100, random_)));
}

TEST_F(Gathering, LeavesAloneWhatTheKernelWouldChange) {
  const auto good = datagram(100, random_);
  const auto refused = [&](std::size_t at, std::byte flip) {
    auto bad = good;
    bad[at] ^= flip;
    gatherer_.clear();
    return !gatherer_.add(bad);
  };
  EXPECT_TRUE(refused(60, std::byte{1})) << "a wrong checksum would be repaired";
  EXPECT_TRUE(refused(10, std::byte{1})) << "so would that of the header";
  auto none = good;
  put16(none, 26, 0);
  EXPECT_FALSE(gatherer_.add(none)) << "no checksum";
  EXPECT_FALSE(gatherer_.add(packet("10.99.0.2", "10.20.4.10", udp(1000, 53, 100))))
      << "may be fragmented: its identification means something";
  EXPECT_FALSE(gatherer_.add(packet("10.99.0.2", "10.20.4.10", tcp(1, 2, kAck, 100))));
  EXPECT_FALSE(gatherer_.add(packet("10.99.0.2", "10.20.4.10", udp(1, 2, 100), {}, octets({1, 1, 1, 0}))));
  EXPECT_FALSE(gatherer_.add(packet("fd12::2", "fd00:20::10", udp(1, 2, 100), {{60, octets({0, 1, 4, 0, 0, 0, 0})}})));
  EXPECT_FALSE(gatherer_.add(fragment(good, 1, 0, 80, true)));
  EXPECT_FALSE(gatherer_.add(packet("fd12::2", "fd00:20::10", udp(1, 2, 0)))) << "nothing to cut";
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(gatherer_.add({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}));
  EXPECT_TRUE(gatherer_.is_empty());
}

TEST_F(Gathering, HoldsAsManyAsTheKernelTakes) {
  for (std::size_t i = 0; i < kMaxUdpSegments; ++i) ASSERT_TRUE(gatherer_.add(datagram(10, random_)));
  EXPECT_FALSE(gatherer_.add(datagram(10, random_)));
  gatherer_.clear();
  std::size_t held = 0;
  while (gatherer_.add(datagram(1400, random_))) ++held;
  EXPECT_EQ(held, (65535U - 28) / 1400);
}

}  // namespace
}  // namespace sallyport
