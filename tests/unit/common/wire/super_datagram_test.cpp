#include "common/wire/super_datagram.hpp"

#include "common/wire/packet_datagrams.hpp"
#include "tests/support/super_packets.hpp"

#include <gtest/gtest.h>

namespace sallyport {

inline void PrintTo(SuperPacketFault fault, std::ostream* out) { *out << name_of(fault); }

namespace {

using namespace test;

/// The payloads of all DATAGRAMs in `stream`.
std::vector<std::pair<std::uint64_t, ByteBuffer>> datagrams_in(const ByteBuffer& stream) {
  CapsuleReader reader;
  std::vector<std::pair<std::uint64_t, ByteBuffer>> out;
  reader.feed(stream);
  while (true) {
    const auto capsule = reader.next().value();
    if (!capsule) return out;
    const auto datagram = parse_datagram(capsule->payload).value();
    out.emplace_back(datagram.context, ByteBuffer{datagram.payload.begin(), datagram.payload.end()});
  }
}

class SuperDatagram : public testing::Test {
 protected:
  std::mt19937 random_{4711};
  OwnSuperPacket super_ = super_tcp("10.99.0.2", "10.20.4.10", 40000, 443, 10000, 1448, random_);
};

TEST_F(SuperDatagram, IsWrittenAsTheProtocolPageSays) {
  ByteBuffer out;
  append_super_datagram(out, super_.view());
  // Type, two octets of length, context, kind, flags, segment size, header length.
  ASSERT_EQ(out.size(), 10U + super_.bytes.size());
  const auto expected = octets({0x00, 0x67, 0x3f, 0x02, 0x01, 0x00, 0x05, 0xa8, 0x00, 0x28});
  EXPECT_EQ(ByteBuffer(out.begin(), out.begin() + 10), expected);
}

TEST_F(SuperDatagram, ComesBackWhole) {
  const auto large = super_tcp("fd12::2", "fd00:20::10", 1, 2, kMaxSuperPacket - 60, 1428, random_);
  for (const auto& super : {super_, large}) {
    ByteBuffer out;
    append_super_datagram(out, super.view());
    EXPECT_LE(out.size(), super.bytes.size() + kMaxSuperDatagramHeader);
    const auto found = datagrams_in(out);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].first, kSuperContext);
    const auto parsed = parse_super_packet(found[0].second);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->segmentation, super.segmentation);
    EXPECT_EQ(ByteBuffer(parsed->bytes.begin(), parsed->bytes.end()), super.bytes);
  }
}

TEST_F(SuperDatagram, WithAHeaderThatMeansNothingIsRefused) {
  const auto fault = [](std::initializer_list<unsigned> payload) {
    return parse_super_packet(octets(payload)).error();
  };
  EXPECT_EQ(parse_super_packet({}).error(), SuperPacketFault::ShortHeader);
  EXPECT_EQ(fault({1, 0, 5, 0xa8, 0}), SuperPacketFault::ShortHeader);
  EXPECT_EQ(fault({0, 0, 5, 0xa8, 0, 40}), SuperPacketFault::UnknownKind);
  EXPECT_EQ(fault({4, 0, 5, 0xa8, 0, 40}), SuperPacketFault::UnknownKind);
  EXPECT_EQ(fault({255, 0, 5, 0xa8, 0, 40}), SuperPacketFault::UnknownKind);
  EXPECT_EQ(fault({1, 1, 5, 0xa8, 0, 40}), SuperPacketFault::ReservedFlags);
  EXPECT_EQ(fault({3, 0x80, 5, 0xa8, 0, 40}), SuperPacketFault::ReservedFlags);
  EXPECT_TRUE(parse_super_packet(octets({2, 0, 5, 0xa8, 0, 60})).has_value());
}

TEST_F(SuperDatagram, GoesAsSegmentsToAPeerThatDoesNotTakeIt) {
  ByteBuffer out;
  ASSERT_TRUE(append_packet(out, super_.view(), false));
  const auto found = datagrams_in(out);
  const auto expected = segments_of(super_);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i], (std::pair{kPacketContext, expected[i]}));
}

TEST_F(SuperDatagram, GoesAsSegmentsWhereNoPeerWouldTakeIt) {
  const auto with_end = super_tcp("10.99.0.2", "10.20.4.10", 1, 2, 5000, 1448, random_, kAck | kFin);
  const auto too_long = super_tcp("fd12::2", "fd00:20::10", 1, 2, kMaxSuperPacket - 59, 1428, random_);
  const auto small = super_udp("10.99.0.2", "10.20.4.10", 1, 2, 1000, 100, random_);
  for (const auto& super : {with_end, too_long, small}) {
    ByteBuffer out;
    ASSERT_TRUE(append_packet(out, super.view(), true));
    const auto found = datagrams_in(out);
    EXPECT_EQ(found.size(), segments_of(super).size());
    for (const auto& each : found) EXPECT_EQ(each.first, kPacketContext);
  }
  ByteBuffer out;
  ASSERT_TRUE(append_packet(out, super_.view(), true));
  EXPECT_EQ(datagrams_in(out).size(), 1U);
}

TEST_F(SuperDatagram, ThatCannotBeCutIsNotSent) {
  ByteBuffer out;
  const auto request = packet("10.99.0.2", "10.20.4.10", echo(1, false, 7, 3000));
  EXPECT_FALSE(append_packet(out, {request, {SegmentKind::Udp, 1000, 28}}, false));
  EXPECT_FALSE(append_packet(out, {request, {SegmentKind::Udp, 1000, 28}}, true));
  EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace sallyport
