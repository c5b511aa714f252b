#include "common/ip/segment_fit.hpp"

#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>

namespace sallyport {
namespace {

using namespace test;

/// As a kernel sends it: largest segment, selective acknowledgements, timestamps, nothing, window scale.
ByteBuffer usual_options(unsigned segment) {
  return octets({2, 4, segment >> 8U, segment & 0xffU, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7});
}

ByteBuffer made(const ByteBuffer& options, std::uint8_t flags = kSyn, std::string_view from = "10.99.0.2",
                std::string_view to = "10.20.4.10") {
  auto transport = tcp(40000, 443, flags);
  append(transport.bytes, options);
  transport.bytes[12] = static_cast<std::byte>(transport.bytes.size() / 4 << 4U);
  return packet(from, to, transport);
}
ByteBuffer made6(const ByteBuffer& options, std::uint8_t flags = kSyn) {
  return made(options, flags, "fd12::2", "fd00:20::10");
}

ByteBuffer fitted(ByteBuffer packet) {
  fit_segments(packet);
  return packet;
}

TEST(SegmentFit, MakesBothEndsSendSegmentsOfWhich45FitIntoOneSuperPacketOutside) {
  for (const auto& of :
       {std::function{[](const ByteBuffer&options, std::uint8_t flags) { return made(options, flags); }},
        std::function{made6}}) {
    for (const std::uint8_t flags : {std::uint8_t{kSyn}, std::uint8_t{kSyn | kAck}}) {
      for (const unsigned segment : {1460U, 1440U, 1437U}) {
        EXPECT_EQ(fitted(of(usual_options(segment), flags)), of(usual_options(1436), flags)) << segment;
      }
    }
  }
  const auto late = [](unsigned low) { return octets({1, 1, 4, 2, 2, 4, 5, low}); };
  EXPECT_EQ(fitted(made(late(180))), made(late(156))) << "wherever the option stands";
}

TEST(SegmentFit, LeavesOtherSegmentsAlone) {
  for (const unsigned segment : {0U, 536U, 1220U, 1436U, 1461U, 8960U, 65535U}) {
    EXPECT_EQ(fitted(made(usual_options(segment))), made(usual_options(segment))) << segment;
  }
}

TEST(SegmentFit, LeavesEverythingElseAlone) {
  const auto syn = made(usual_options(1460));
  auto fragment = syn;
  fragment[6] |= std::byte{0x20};
  auto cut = syn;
  cut.resize(cut.size() - 1);
  auto short_header = made(usual_options(1460));
  short_header[32] = std::byte{0x40};
  auto long_header = made(usual_options(1460));
  long_header[32] = std::byte{0xf0};
  for (const auto& other :
       {made(usual_options(1460), kAck), made(usual_options(1460), kRst | kAck), made({}), made(octets({0, 0, 0, 0})),
        made(octets({0, 0, 0, 0, 2, 4, 5, 180})), made(octets({1, 2, 4, 5, 180, 0, 0, 0})),
        made(octets({2, 3, 5, 180})), made(octets({1, 1, 1, 2})), made(octets({8, 0, 2, 4, 5, 180, 0, 0})),
        made(octets({8, 1, 2, 4, 5, 180, 0, 0})), made(octets({8, 30, 2, 4, 5, 180, 0, 0})),
        packet("10.99.0.2", "10.20.4.10", udp(443, 40000, 40)), fragment, cut, short_header, long_header, ByteBuffer{},
        octets({0x45})}) {
    EXPECT_EQ(fitted(other), other);
  }
}

TEST(SegmentFit, DoesNotMendAChecksum) {
  auto wrong = made(usual_options(1460));
  const unsigned right = get16(wrong, 36);
  put16(wrong, 36, (right + 1) & 0xffffU);
  const auto after = fitted(wrong);
  const Bytes transport = Bytes{after}.subspan(20);
  EXPECT_NE(naive_transport_checksum(address("10.99.0.2"), address("10.20.4.10"), 6, transport), 0U);
  EXPECT_EQ(get16(after, 42), 1436U);
}

TEST(SegmentFit, KeepsTheChecksumRightWhateverTheRestIs) {
  std::mt19937 random{1};
  for (int i = 0; i < 20'000; ++i) {
    auto transport = tcp(static_cast<std::uint16_t>(random()), static_cast<std::uint16_t>(random()), kSyn, 0,
                         static_cast<std::uint32_t>(random()), static_cast<std::uint32_t>(random()));
    append(transport.bytes, usual_options(static_cast<unsigned>(1437 + random() % 24)));
    transport.bytes[12] = std::byte{0xa0};
    const auto after = fitted(packet("10.99.0.2", "10.20.4.10", transport));
    ASSERT_EQ(get16(after, 42), 1436U);
    ASSERT_EQ(naive_transport_checksum(address("10.99.0.2"), address("10.20.4.10"), 6, Bytes{after}.subspan(20)), 0U);
  }
}

TEST(SegmentFit, ReadsNothingBehindAPacketHoweverItsOptionsAreCut) {
  std::mt19937 random{2};
  for (int i = 0; i < 20'000; ++i) {
    ByteBuffer options(4 * (1 + random() % 10));
    for (auto& octet : options) octet = static_cast<std::byte>(random() % 2 == 0 ? random() % 12 : random());
    const auto before = made(options);
    auto after = before;
    after.shrink_to_fit();
    fit_segments(after);
    ASSERT_EQ(after.size(), before.size());
    if (after == before) continue;
    EXPECT_EQ(naive_transport_checksum(address("10.99.0.2"), address("10.20.4.10"), 6, Bytes{after}.subspan(20)), 0U);
  }
}

}  // namespace
}  // namespace sallyport
