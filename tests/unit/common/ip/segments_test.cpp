#include "common/ip/segments.hpp"

#include "tests/support/packet_difference.hpp"
#include "tests/support/super_packets.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport {
namespace {

using namespace test;

constexpr std::uint32_t kSeed = 4711;

/// A random TCP or UDP packet over either version, with options or extension headers now and then.
OwnSuperPacket random_super(std::mt19937& random) {
  const bool v4 = random() % 2 == 0;
  const bool is_udp = random() % 2 == 0;
  const std::size_t size = 1 + random() % 2000;
  const std::size_t payload = 1 + random() % (random() % 4 == 0 ? 60000 : 6000);
  auto transport =
      is_udp ? udp(1000, 53, payload) : tcp(1000, 443, static_cast<std::uint8_t>(random()), payload, 0xffffff00U);
  fill_randomly(transport, is_udp ? 8 : 20, random);
  const std::vector<Extension> extensions(v4 ? 0 : random() % 3, Extension{60, octets({0, 1, 4, 0, 0, 0, 0})});
  const ByteBuffer options(v4 ? random() % 3 * 4 : 0, std::byte{1});
  const auto bytes = v4 ? packet("10.99.0.2", "10.20.4.10", std::move(transport), {}, options)
                        : packet("fd12::2", "fd00:20::10", std::move(transport), extensions);
  return {bytes, {SegmentKind::None, static_cast<std::uint16_t>(size), 0}};
}

/// Headers and payload put together again: all fields that cutting may change are those of `whole`.
ByteBuffer joined(const std::vector<ByteBuffer>& segments, Bytes whole) {
  const auto view = PacketView::parse(whole).value();
  const std::size_t network = whole.size() - view.transport().size();
  const std::size_t header =
      network + (view.is_udp() ? 8 : (std::to_integer<std::size_t>(view.transport()[12]) >> 4U) * 4);
  ByteBuffer out{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(header)};
  for (const auto& each : segments) append(out, Bytes{each}.subspan(header));
  return out;
}

TEST(Segments, JoinToWhatWasCutAndEachIsAWholePacket) {
  std::mt19937 random{kSeed};
  for (int round = 0; round < 2000; ++round) {
    const auto super = random_super(random);
    const auto view = PacketView::parse(super.bytes).value();
    const auto segments = segments_of(super);
    ASSERT_EQ(joined(segments, super.bytes), super.bytes) << "round " << round << ", seed " << kSeed;
    std::uint64_t octets = 0;
    for (const auto& each : segments) {
      const auto parsed = PacketView::parse(each);
      ASSERT_TRUE(parsed.has_value()) << round;
      ASSERT_TRUE(has_good_checksum(*parsed)) << round;
      ASSERT_EQ(parsed->source(), view.source());
      ASSERT_EQ(parsed->destination_port(), view.destination_port());
      octets += each.size();
    }
    const auto tally = Segments::of(view, super.segmentation.size)->tally();
    EXPECT_EQ(tally.packets, segments.size());
    EXPECT_EQ(tally.octets, octets);
  }
}

TEST(Segments, CountSequenceNumbersAndIdentificationsOn) {
  std::mt19937 random{kSeed};
  const auto super = super_tcp("10.99.0.2", "10.20.4.10", 40000, 443, 3000, 1448, random);
  const auto segments = segments_of(super);
  ASSERT_EQ(segments.size(), 3U);
  const auto first = load_be32(Bytes{super.bytes}.subspan(24));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(load_be32(Bytes{segments[i]}.subspan(24)), first + i * 1448);
    EXPECT_EQ(get16(segments[i], 4), get16(super.bytes, 4) + i);
  }
  EXPECT_EQ(segments[0].size(), 1488U);
  EXPECT_EQ(segments[2].size(), 40U + 3000 - 2 * 1448);
}

TEST(Segments, KeepTheEndForTheLastAndTheReducedWindowForTheFirst) {
  std::mt19937 random{kSeed};
  constexpr std::uint8_t kReduced = 0x80;
  constexpr std::uint8_t kEcho = 0x40;
  const auto super =
      super_tcp("fd12::2", "fd00:20::10", 1, 2, 2500, 1000, random, kAck | kPush | kFin | kReduced | kEcho);
  const auto segments = segments_of(super);
  ASSERT_EQ(segments.size(), 3U);
  const auto flags = [&](std::size_t index) { return std::to_integer<unsigned>(segments[index][40 + 13]); };
  EXPECT_EQ(flags(0), unsigned{kAck | kReduced | kEcho});
  EXPECT_EQ(flags(1), unsigned{kAck | kEcho});
  EXPECT_EQ(flags(2), unsigned{kAck | kPush | kFin | kEcho});
}

TEST(Segments, NeverSayThatUdpHasNoChecksum) {
  // Payload that makes the sum 0xffff, which is written so and not as 0.
  auto transport = udp(1, 2, 4);
  auto bytes = packet("10.0.0.1", "10.0.0.2", transport);
  const unsigned sum = get16(bytes, 26);
  put16(bytes, 28, sum);
  put16(bytes, 26, 0);
  const auto segments = segments_of({bytes, {SegmentKind::Udp, 4, 28}});
  EXPECT_EQ(get16(segments.at(0), 26), 0xffffU);
}

TEST(Segments, AreNotMadeOfWhatCannotBeCut) {
  const auto none = [](const ByteBuffer& bytes, std::uint16_t size = 1000) {
    return !Segments::of(PacketView::parse(bytes).value(), size).has_value();
  };
  const auto datagram = packet("10.99.0.2", "10.20.4.10", udp(1, 2, 192));
  EXPECT_TRUE(none(packet("10.99.0.2", "10.20.4.10", echo(1, false, 7))));
  EXPECT_TRUE(none(packet("10.99.0.2", "10.20.4.10", raw(47, zeros(100)))));
  EXPECT_TRUE(none(packet("10.99.0.2", "10.20.4.10", tcp(1, 2, kAck))));
  EXPECT_TRUE(none(packet("10.99.0.2", "10.20.4.10", udp(1, 2, 0))));
  EXPECT_TRUE(none(fragment(datagram, 7, 0, 80, true)));
  EXPECT_TRUE(none(fragment(datagram, 7, 80, 120, false)));
  EXPECT_TRUE(none(datagram, 0));
  auto longer = datagram;
  put16(longer, 24, 100);
  EXPECT_TRUE(none(longer)) << "the UDP length is not the rest of the packet";
  EXPECT_FALSE(none(datagram));
}

}  // namespace
}  // namespace sallyport
