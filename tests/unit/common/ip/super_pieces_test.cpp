#include "common/ip/super_pieces.hpp"

#include "tests/support/super_packets.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace test;

OwnSuperPacket random_super(std::mt19937& random) {
  const bool v4 = random() % 2 == 0;
  const std::size_t size = 536 + random() % 900;
  const auto from = v4 ? "10.99.0.2" : "fd12::2";
  const auto to = v4 ? "10.20.4.10" : "fd00:20::10";
  if (random() % 2 == 0) return super_tcp(from, to, 40000, 443, size + 1 + random() % 50000, size, random);
  return super_udp(from, to, 5000, 53, size + 1 + random() % (60 * size), size, random);
}

/// Every packet that a piece stands for.
void append_packets(std::vector<ByteBuffer>& out, const SuperPieces::Piece& piece) {
  ByteBuffer bytes{piece.header.begin(), piece.header.end()};
  append(bytes, piece.payload);
  if (piece.segmentation.kind == SegmentKind::None) return out.push_back(bytes);
  for (auto& each : segments_of({bytes, piece.segmentation})) out.push_back(std::move(each));
}

TEST(SuperPieces, FallApartIntoThePacketsOfTheWholeOctetByOctet) {
  std::mt19937 random{42};
  std::size_t cut = 0;
  for (int round = 0; round < 1000; ++round) {
    const auto super = random_super(random);
    const auto view = PacketView::parse(super.bytes).value();
    if (find_super_packet_fault(super.view(), view)) continue;
    const std::size_t octets = random() % 20000;
    const auto pieces = SuperPieces::of(super.view(), view, octets);
    if (!pieces) {
      EXPECT_GE(octets, super.bytes.size() - super.segmentation.size) << "it would have had to be cut";
      continue;
    }
    ++cut;
    std::vector<ByteBuffer> packets;
    SuperPieces::HeaderRoom room{};
    for (std::size_t i = 0; i < pieces->count(); ++i) {
      const auto piece = pieces->piece(i, room);
      const std::size_t length = piece.header.size() + piece.payload.size();
      ASSERT_LE(length, std::max(octets, std::size_t{super.segmentation.header_length} + super.segmentation.size));
      if (piece.segmentation.kind != SegmentKind::None) {
        ByteBuffer bytes{piece.header.begin(), piece.header.end()};
        append(bytes, piece.payload);
        ASSERT_FALSE(find_super_packet_fault({bytes, piece.segmentation}, PacketView::parse(bytes).value()));
      }
      append_packets(packets, piece);
    }
    ASSERT_EQ(packets, segments_of(super)) << "round " << round;
  }
  EXPECT_GT(cut, 500U);
}

TEST(SuperPieces, AreNotMadeOfWhatFitsOrHasAFault) {
  std::mt19937 random{1};
  auto super = super_tcp("10.99.0.2", "10.20.4.10", 40000, 443, 5000, 1448, random);
  const auto of = [&](std::size_t octets) {
    return SuperPieces::of(super.view(), PacketView::parse(super.bytes).value(), octets).has_value();
  };
  EXPECT_TRUE(of(4000));
  EXPECT_FALSE(of(6000));
  super.segmentation.header_length = 44;
  EXPECT_FALSE(of(4000));
}

}  // namespace
}  // namespace sallyport
