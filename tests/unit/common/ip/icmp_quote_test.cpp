#include "common/ip/icmp_quote.hpp"

#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace test;

std::optional<IcmpQuote> quote_in(const ByteBuffer& bytes) {
  const auto parsed = PacketView::parse(bytes);
  EXPECT_TRUE(parsed);
  return parsed ? IcmpQuote::parse(*parsed) : std::nullopt;
}
ByteBuffer error4(const ByteBuffer& about, std::size_t size = 1200) {
  return packet("10.20.0.1", "10.99.0.2", icmp_error(1, 3, 4, about, size));
}
ByteBuffer error6(const ByteBuffer& about, std::size_t size = 1200) {
  return packet("fd00:20::1", "fd12::2", icmp_error(58, 2, 0, about, size));
}

TEST(IcmpQuote, NamesTheFlowOfTheQuotedPacket) {
  const auto quote = quote_in(error4(packet("10.99.0.2", "10.20.4.10", tcp(40000, 443, kAck, 600))));
  ASSERT_TRUE(quote);
  EXPECT_EQ(quote->source, address("10.99.0.2"));
  EXPECT_EQ(quote->destination, address("10.20.4.10"));
  EXPECT_EQ(quote->protocol, 6);
  EXPECT_EQ(quote->source_port, 40000);
  EXPECT_EQ(quote->destination_port, 443);
}

TEST(IcmpQuote, NeedsNoMoreThanEightOctetsOfTransport) {
  const auto about = packet("10.99.0.2", "10.20.4.10", tcp(40000, 443, kAck, 600));
  EXPECT_TRUE(quote_in(error4(about, 28)));
  EXPECT_FALSE(quote_in(error4(about, 27)));
}

TEST(IcmpQuote, LooksBehindQuotedExtensionHeaders) {
  const std::vector<Extension> extensions{{0, octets({0, 1, 4, 0, 0, 0, 0})}};
  const auto quote = quote_in(error6(packet("fd12::2", "fd00:20::10", udp(5000, 53, 30), extensions)));
  ASSERT_TRUE(quote);
  EXPECT_EQ(quote->protocol, 17);
  EXPECT_EQ(quote->destination_port, 53);
}

TEST(IcmpQuote, NamesTheEchoItIsAbout) {
  const auto quote = quote_in(error6(packet("fd12::2", "fd00:20::10", echo(58, false, 77))));
  ASSERT_TRUE(quote);
  EXPECT_TRUE(quote->is_echo_request);
  EXPECT_EQ(quote->echo_id, 77);
}

TEST(IcmpQuote, AcceptsAFirstFragmentAndNoLaterOne) {
  const auto whole = packet("10.99.0.2", "10.20.4.10", udp(5000, 53, 100));
  EXPECT_TRUE(quote_in(error4(fragment(whole, 7, 0, 64, true))));
  EXPECT_FALSE(quote_in(error4(fragment(whole, 7, 64, 44, false))));
}

TEST(IcmpQuote, IsNeverAboutAnotherError) {
  const auto about = packet("10.99.0.2", "10.20.4.10", udp(5000, 53));
  EXPECT_FALSE(quote_in(error4(packet("10.99.0.2", "10.20.4.10", icmp_error(1, 3, 3, about)))));
}

TEST(IcmpQuote, RefusesAPacketOfTheOtherFamily) {
  EXPECT_FALSE(quote_in(error4(packet("fd12::2", "fd00:20::10", udp(1, 2)))));
  EXPECT_FALSE(quote_in(error6(packet("10.99.0.2", "10.20.4.10", udp(1, 2)))));
}

TEST(IcmpQuote, IsNotLookedForInOtherPackets) {
  EXPECT_FALSE(quote_in(packet("10.20.0.1", "10.99.0.2", echo(1, true, 1, 60))));
  EXPECT_FALSE(quote_in(packet("10.20.0.1", "10.99.0.2", udp(1, 2, 60))));
}

}  // namespace
}  // namespace sallyport
