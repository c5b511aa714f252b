#include "common/queue/congestion_mark.hpp"

#include "tests/support/super_packets.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace test;

constexpr unsigned kExperienced = 3;

/// With that DS field in the top six bits, and `ecn`; the header checksum is right.
ByteBuffer v4(unsigned service, unsigned ecn, std::size_t payload = 100) {
  auto bytes = packet("10.99.0.2", "10.20.4.10", tcp(40000, 443, kAck, payload));
  bytes[1] = static_cast<std::byte>(service << 2U | ecn);
  put16(bytes, 10, 0);
  put16(bytes, 10, naive_checksum({bytes.begin(), bytes.begin() + 20}));
  return bytes;
}
ByteBuffer v6(unsigned service, unsigned ecn) {
  auto bytes = packet("fd12::2", "fd00:20::10", tcp(40000, 443, kAck, 100));
  put16(bytes, 0, get16(bytes, 0) | (service << 2U | ecn) << 4U);
  return bytes;
}
unsigned ecn_of(const ByteBuffer& bytes) {
  const bool is_v4 = (bytes[0] >> 4U) == std::byte{4};
  return (is_v4 ? std::to_integer<unsigned>(bytes[1]) : get16(bytes, 0) >> 4U) & 3U;
}

TEST(CongestionMark, IsSetOnWhatSpeaksEcnAndOnNothingElse) {
  for (const unsigned service : {0U, 46U, 63U}) {
    for (const auto& make :
         {+[](unsigned s, unsigned e) { return v4(s, e); }, +[](unsigned s, unsigned e) { return v6(s, e); }}) {
      auto incapable = make(service, 0);
      EXPECT_FALSE(mark_congestion(incapable));
      EXPECT_EQ(incapable, make(service, 0));
      for (const unsigned ecn : {1U, 2U, kExperienced}) {
        auto bytes = make(service, ecn);
        EXPECT_TRUE(mark_congestion(bytes));
        EXPECT_EQ(bytes, make(service, kExperienced)) << "nothing but the mark and the checksum may differ";
        EXPECT_TRUE(PacketView::parse(bytes).has_value());
      }
    }
  }
}

TEST(CongestionMark, KeepsTheHeaderChecksumRightForEveryChecksumThereIs) {
  for (unsigned id = 0; id < 0x10000; ++id) {
    auto bytes = v4(0, 2, 4);
    put16(bytes, 4, id);
    put16(bytes, 10, 0);
    put16(bytes, 10, naive_checksum({bytes.begin(), bytes.begin() + 20}));
    ASSERT_TRUE(mark_congestion(bytes));
    ASSERT_EQ(naive_checksum({bytes.begin(), bytes.begin() + 20}), 0U) << id;
  }
}

TEST(CongestionMark, OnASuperPacketIsOnEverySegment) {
  std::mt19937 random{1};
  for (const bool is_v4 : {true, false}) {
    auto super = is_v4 ? super_tcp("10.99.0.2", "10.20.4.10", 40000, 443, 9000, 1400, random)
                       : super_tcp("fd12::2", "fd00:20::10", 40000, 443, 9000, 1400, random);
    put16(super.bytes, 0, get16(super.bytes, 0) | (is_v4 ? 1U : 1U << 4U));
    if (is_v4) {
      put16(super.bytes, 10, 0);
      put16(super.bytes, 10, naive_checksum({super.bytes.begin(), super.bytes.begin() + 20}));
    }
    ASSERT_TRUE(mark_congestion(super.bytes));
    const auto segments = segments_of(super);
    ASSERT_EQ(segments.size(), 7U);
    for (const auto& segment : segments) EXPECT_EQ(ecn_of(segment), kExperienced);
  }
}

}  // namespace
}  // namespace sallyport
