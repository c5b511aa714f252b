#include "tun/virtio_header.hpp"

#include "tests/support/packet_difference.hpp"
#include "tests/support/super_packets.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace test;

class VirtioHeaders : public testing::Test {
 protected:
  std::mt19937 random_{4711};
  OwnSuperPacket tcp4_ = super_tcp("10.99.0.2", "10.20.4.10", 1, 2, 3000, 1448, random_);
  OwnSuperPacket tcp6_ = super_tcp("fd12::2", "fd00:20::10", 1, 2, 3000, 1428, random_);
  OwnSuperPacket udp4_ = super_udp("10.99.0.2", "10.20.4.10", 1, 2, 3000, 1200, random_);
  OwnSuperPacket udp6_ = super_udp("fd12::2", "fd00:20::10", 1, 2, 3000, 1200, random_);
};

VirtioHeader header_for(const OwnSuperPacket& super) {
  return virtio_header_for(PacketView::parse(super.bytes).value(), super.segmentation.size);
}

TEST_F(VirtioHeaders, AreMadeOfThePacketAlone) {
  EXPECT_EQ(header_for(tcp4_), (VirtioHeader{1, virtio::kTcpV4, 40, 1448, 20, 16}));
  EXPECT_EQ(header_for(tcp6_), (VirtioHeader{1, virtio::kTcpV6, 60, 1428, 40, 16}));
  EXPECT_EQ(header_for(udp4_), (VirtioHeader{1, virtio::kUdp, 28, 1200, 20, 6}));
  EXPECT_EQ(header_for(udp6_), (VirtioHeader{1, virtio::kUdp, 48, 1200, 40, 6}));
  auto lying = tcp4_;
  lying.segmentation.kind = SegmentKind::Udp;
  lying.segmentation.header_length = 9;
  EXPECT_EQ(header_for(lying), header_for(tcp4_));
}

TEST_F(VirtioHeaders, AreReadBackToTheSegmentation) {
  for (const auto& super : {tcp4_, tcp6_, udp4_, udp6_}) {
    EXPECT_EQ(segmentation_of(super.bytes, header_for(super)), super.segmentation);
  }
}

TEST_F(VirtioHeaders, OfAnotherKindAreNotUnderstood) {
  auto header = header_for(tcp4_);
  for (const std::uint8_t kind : {std::uint8_t{0}, std::uint8_t{3}, std::uint8_t{0x81}, std::uint8_t{255}}) {
    header.kind = kind;
    EXPECT_EQ(segmentation_of(tcp4_.bytes, header), std::nullopt) << int{kind};
  }
  header = header_for(tcp4_);
  header.flags = 0;
  EXPECT_EQ(segmentation_of(tcp4_.bytes, header), std::nullopt);
  header = header_for(tcp4_);
  header.segment_size = 0;
  EXPECT_EQ(segmentation_of(tcp4_.bytes, header), std::nullopt);
  header = header_for(tcp4_);
  header.checksum_start = 65535;
  EXPECT_EQ(segmentation_of(tcp4_.bytes, header), std::nullopt);
}

TEST_F(VirtioHeaders, LetTheChecksumBeBegunByOneAndCompletedByTheOther) {
  for (const auto& super : {tcp4_, tcp6_, udp4_, udp6_}) {
    auto bytes = super.bytes;
    const auto header = header_for(super);
    begin_checksum(bytes, PacketView::parse(super.bytes).value(), header);
    EXPECT_NE(bytes, super.bytes);
    ASSERT_TRUE(complete_checksum(bytes, header));
    EXPECT_EQ(bytes, super.bytes);
  }
}

TEST_F(VirtioHeaders, ThatPointOutOfThePacketChangeNothing) {
  auto bytes = packet("10.99.0.2", "10.20.4.10", udp(1, 2));
  const auto before = bytes;
  for (const unsigned start : {25U, 31U, 32U, 65535U}) {
    EXPECT_FALSE(complete_checksum(bytes, {1, 0, 0, 0, static_cast<std::uint16_t>(start), 6})) << start;
  }
  EXPECT_EQ(bytes, before);
}

}  // namespace
}  // namespace sallyport
