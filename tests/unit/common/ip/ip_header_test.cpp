#include "common/ip/ip_header.hpp"

#include "common/ip/checksum.hpp"
#include "common/ip/packet.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

/// The parser does not look behind it.
constexpr std::uint8_t kGre = 47;
const IpAddress kLaptop = *IpAddress::parse("10.99.0.14");
const IpAddress kOffice = *IpAddress::parse("10.20.0.1");

TEST(IpHeader, OfIpv4IsThatOfAWholePacketWithItsChecksum) {
  ByteBuffer packet(kIpv4Header + 8);
  write_ip_header(kLaptop, kOffice, kGre, Fragments::Allowed, packet);
  const auto view = PacketView::parse(packet);
  ASSERT_TRUE(view) << describe(view.error());
  EXPECT_EQ(view->source(), kLaptop);
  EXPECT_EQ(view->destination(), kOffice);
  EXPECT_EQ(view->bytes().size(), packet.size());
  EXPECT_EQ(internet_checksum(Bytes{packet}.first(kIpv4Header)), 0U) << "it holds its own complement";
  EXPECT_EQ(load_be16(Bytes{packet}.subspan(6)), 0U);
}

TEST(IpHeader, ForbidsRoutersToFragment) {
  ByteBuffer packet(kIpv4Header + 8);
  write_ip_header(kLaptop, kOffice, kGre, Fragments::Forbidden, packet);
  EXPECT_EQ(load_be16(Bytes{packet}.subspan(6)), 0x4000U);
  EXPECT_EQ(internet_checksum(Bytes{packet}.first(kIpv4Header)), 0U);
}

TEST(IpHeader, OfIpv6CountsWhatIsBehindIt) {
  const auto laptop = *IpAddress::parse("fd00:99::14");
  const auto office = *IpAddress::parse("fd00:20::1");
  ByteBuffer packet(kIpv6Header + 8);
  write_ip_header(laptop, office, kGre, Fragments::Forbidden, packet);
  const auto view = PacketView::parse(packet);
  ASSERT_TRUE(view) << describe(view.error());
  EXPECT_EQ(view->source(), laptop);
  EXPECT_EQ(view->destination(), office);
  EXPECT_EQ(load_be16(Bytes{packet}.subspan(4)), 8U);
}

}  // namespace
}  // namespace sallyport
