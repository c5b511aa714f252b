#include "common/ip/packet.hpp"

#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace sallyport {
namespace {

using namespace test;

const auto kPadding = octets({0, 1, 4, 0, 0, 0, 0});

ByteBuffer v4(Transport transport, const ByteBuffer& options = {}) {
  return packet("10.99.0.2", "10.20.4.10", std::move(transport), {}, options);
}
ByteBuffer v6(Transport transport, const std::vector<Extension>& extensions = {}) {
  return packet("fd12::2", "fd00:20::10", std::move(transport), extensions);
}

PacketError error_of(const ByteBuffer& bytes) {
  const auto parsed = PacketView::parse(bytes);
  EXPECT_FALSE(parsed) << "was accepted";
  return parsed ? PacketError::Truncated : parsed.error();
}

void repair_checksum(ByteBuffer& bytes) {
  put16(bytes, 10, 0);
  put16(bytes, 10, naive_checksum({bytes.begin(), bytes.begin() + (std::to_integer<int>(bytes[0]) & 15) * 4}));
}

TEST(Packet, ShowsEveryFieldOfAnIpv4Segment) {
  const auto bytes = v4(tcp(40000, 443, kSyn | kAck, 5));
  const auto parsed = PacketView::parse(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->version(), 4U);
  EXPECT_EQ(parsed->source().to_string(), "10.99.0.2");
  EXPECT_EQ(parsed->destination().to_string(), "10.20.4.10");
  EXPECT_TRUE(parsed->is_tcp());
  EXPECT_EQ(parsed->source_port(), 40000);
  EXPECT_EQ(parsed->destination_port(), 443);
  EXPECT_EQ(parsed->tcp_flags(), kSyn | kAck);
  EXPECT_EQ(parsed->transport().size(), 25U);
  EXPECT_FALSE(parsed->is_fragment());
}

TEST(Packet, FindsTheTransportBehindAllExtensionHeaders) {
  const auto inert_routing = octets({0, 4, 0, 0, 0, 0, 0});
  auto authentication = zeros(15);
  authentication[0] = std::byte{2};
  const auto bytes = v6(udp(5000, 53), {{0, kPadding}, {60, kPadding}, {43, inert_routing}, {51, authentication}});
  const auto parsed = PacketView::parse(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->is_udp());
  EXPECT_EQ(parsed->source_port(), 5000);
  EXPECT_EQ(parsed->destination_port(), 53);
}

TEST(Packet, IgnoresOctetsBehindTheTotalLength) {
  for (auto bytes : {v4(udp(1, 2)), v6(udp(1, 2))}) {
    const auto exact = bytes.size();
    append(bytes, octets({1, 2, 3}));
    const auto parsed = PacketView::parse(bytes);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->bytes().size(), exact);
  }
}

TEST(Packet, GivesUnknownProtocolsNoPorts) {
  const auto bytes = v4(raw(132, octets({0x9c, 0x40, 0x01, 0xbb, 0, 0, 0, 0})));
  const auto parsed = PacketView::parse(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->protocol(), 132);
  EXPECT_EQ(parsed->source_port(), 0);
  EXPECT_EQ(parsed->destination_port(), 0);
}

TEST(Packet, TakesIcmpOfTheOtherFamilyForAnUnknownProtocol) {
  const auto in_v6 = v6(echo(1, false, 7));
  const auto in_v4 = v4(echo(58, false, 7));
  for (const auto* bytes : {&in_v6, &in_v4}) {
    const auto parsed = PacketView::parse(*bytes);
    ASSERT_TRUE(parsed);
    EXPECT_FALSE(parsed->is_icmp());
    EXPECT_FALSE(parsed->is_echo_request());
  }
}

TEST(Packet, TellsEchoesFromErrors) {
  const auto request = v4(echo(1, false, 7));
  const auto reply = v6(echo(58, true, 9));
  const auto too_big = v6(icmp_error(58, 2, 0, v6(udp(1, 2))));
  EXPECT_TRUE(PacketView::parse(request)->is_echo_request());
  EXPECT_EQ(PacketView::parse(request)->echo_id(), 7);
  EXPECT_TRUE(PacketView::parse(reply)->is_echo_reply());
  EXPECT_EQ(PacketView::parse(reply)->echo_id(), 9);
  EXPECT_TRUE(PacketView::parse(too_big)->is_icmp_error());
  EXPECT_FALSE(PacketView::parse(request)->is_icmp_error());
}

TEST(Packet, RefusesEveryTruncationOfAValidPacket) {
  for (const auto& whole : {v4(tcp(1, 2, kAck, 3)), v6(tcp(1, 2, kAck, 3), {{0, kPadding}, {60, kPadding}})}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const ByteBuffer cut{whole.begin(), whole.begin() + static_cast<long>(size)};
      EXPECT_EQ(error_of(cut), PacketError::Truncated) << size;
    }
  }
}

TEST(Packet, RefusesOtherVersions) { EXPECT_EQ(error_of(octets({0x55, 0, 0, 0})), PacketError::BadVersion); }

TEST(Packet, RefusesImpossibleIpv4Lengths) {
  auto header = v4(udp(1, 2));
  header[0] = std::byte{0x44};
  EXPECT_EQ(error_of(header), PacketError::BadHeaderLength);
  auto total = v4(udp(1, 2));
  put16(total, 2, 19);
  repair_checksum(total);
  EXPECT_EQ(error_of(total), PacketError::BadHeaderLength);
}

TEST(Packet, RefusesAWrongIpv4HeaderChecksum) {
  auto bytes = v4(udp(1, 2));
  bytes[8] = std::byte{63};
  EXPECT_EQ(error_of(bytes), PacketError::BadChecksum);
}

TEST(Packet, RefusesIpv4SourceRoutes) {
  EXPECT_EQ(error_of(v4(udp(1, 2), octets({131, 7, 4, 10, 0, 0, 1, 0}))), PacketError::SourceRoute);
  EXPECT_EQ(error_of(v4(udp(1, 2), octets({1, 137, 7, 4, 10, 0, 0, 1}))), PacketError::SourceRoute);
}

TEST(Packet, RefusesIpv4OptionsThatRunOutOfTheHeader) {
  EXPECT_EQ(error_of(v4(udp(1, 2), octets({7, 5, 0, 0}))), PacketError::BadOption);
  EXPECT_EQ(error_of(v4(udp(1, 2), octets({7, 1, 0, 0}))), PacketError::BadOption);
  EXPECT_EQ(error_of(v4(udp(1, 2), octets({1, 1, 1, 7}))), PacketError::BadOption);
}

TEST(Packet, AcceptsHarmlessIpv4Options) {
  const auto bytes = v4(udp(1, 2), octets({1, 7, 3, 4, 0, 131, 131, 131}));
  EXPECT_TRUE(PacketView::parse(bytes)) << "octets behind the end of options mean nothing";
}

TEST(Packet, RefusesRoutingHeaderType0EvenWhenNothingIsLeft) {
  EXPECT_EQ(error_of(v6(udp(1, 2), {{43, zeros(7)}})), PacketError::RoutingHeaderType0);
}

TEST(Packet, RefusesARoutingHeaderThatIsStillInUse) {
  EXPECT_EQ(error_of(v6(udp(1, 2), {{43, octets({0, 4, 1, 0, 0, 0, 0})}})), PacketError::SourceRoute);
}

TEST(Packet, RefusesAHomeAddressThatWouldStandForAnotherSource) {
  EXPECT_EQ(error_of(v6(udp(1, 2), {{60, octets({0, 201, 4, 0, 0, 0, 0})}})), PacketError::SourceRoute);
}

TEST(Packet, RefusesBrokenIpv6Options) {
  EXPECT_EQ(error_of(v6(udp(1, 2), {{60, octets({0, 1, 5, 0, 0, 0, 0})}})), PacketError::BadOption);
  EXPECT_EQ(error_of(v6(udp(1, 2), {{0, octets({0, 0xc2, 4, 0, 1, 0, 0})}})), PacketError::BadOption);
}

TEST(Packet, RefusesHopByHopOptionsAnywhereButFirst) {
  EXPECT_EQ(error_of(v6(udp(1, 2), {{60, kPadding}, {0, kPadding}})), PacketError::BadExtensionHeader);
}

TEST(Packet, RefusesASecondFragmentHeader) {
  EXPECT_EQ(error_of(v6(udp(1, 2), {{44, fragment_body(1, 0, false)}, {44, fragment_body(2, 0, false)}})),
            PacketError::BadExtensionHeader);
}

TEST(Packet, BoundsTheExtensionHeaders) {
  const auto eight = v6(udp(1, 2), std::vector<Extension>(8, {60, kPadding}));
  EXPECT_TRUE(PacketView::parse(eight));
  EXPECT_EQ(error_of(v6(udp(1, 2), std::vector<Extension>(9, {60, kPadding}))), PacketError::TooManyExtensionHeaders);
}

TEST(Packet, RefusesTransportHeadersThatAreShortOrImpossible) {
  auto offset = v4(tcp(1, 2, kSyn));
  offset[32] = std::byte{0x40};
  auto beyond = v4(tcp(1, 2, kSyn));
  beyond[32] = std::byte{0x60};
  auto length = v4(udp(1, 2, 4));
  put16(length, 24, 13);
  for (const auto& bytes : {offset, beyond, length, v4(raw(6, zeros(19))), v6(raw(17, zeros(7))), v4(raw(1, zeros(7))),
                            v6(raw(58, zeros(7)))}) {
    EXPECT_EQ(error_of(bytes), PacketError::BadTransport);
  }
}

TEST(PacketFragment, FirstCarriesPortsAndLaterOnesCarryNone) {
  for (const auto& whole : {v4(udp(5000, 53, 100)), v6(udp(5000, 53, 100))}) {
    const auto first_bytes = fragment(whole, 77, 0, 64, true);
    const auto later_bytes = fragment(whole, 77, 64, 44, false);
    const auto first = PacketView::parse(first_bytes);
    const auto later = PacketView::parse(later_bytes);
    ASSERT_TRUE(first && later);
    EXPECT_TRUE(first->is_first_fragment());
    EXPECT_EQ(first->destination_port(), 53);
    EXPECT_TRUE(later->is_later_fragment());
    EXPECT_FALSE(later->has_transport());
    EXPECT_EQ(later->destination_port(), 0);
    EXPECT_EQ(later->fragment(), (Fragment{.id = 77, .offset = 64, .more = false}));
    EXPECT_EQ(later->fragment_size(), 44U);
  }
}

TEST(PacketFragment, AtomicOneCountsAsWholeByRfc6946) {
  const auto bytes = fragment(v6(tcp(40000, 443, kSyn)), 79, 0, 20, false);
  const auto parsed = PacketView::parse(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->is_fragment());
  EXPECT_EQ(parsed->destination_port(), 443);
}

TEST(PacketFragment, FirstMustHoldTheWholeTransportHeaderByRfc1858) {
  EXPECT_EQ(error_of(fragment(v4(tcp(1, 2, kSyn, 20)), 1, 0, 8, true)), PacketError::TinyFragment);
  EXPECT_EQ(error_of(fragment(v4(tcp(1, 2, kSyn, 20)), 1, 0, 16, true)), PacketError::TinyFragment);
  EXPECT_EQ(error_of(fragment(v6(tcp(1, 2, kSyn, 20)), 1, 0, 16, true)), PacketError::TinyFragment);
  const auto enough = fragment(v4(tcp(1, 2, kSyn, 20)), 1, 0, 24, true);
  EXPECT_TRUE(PacketView::parse(enough));
}

TEST(PacketFragment, FirstMustHoldTheWholeHeaderChainByRfc7112) {
  // The fragment header announces destination options; the eight octets that follow say the chain goes on.
  const auto options = octets({60, 0, 1, 4, 0, 0, 0, 0});
  const auto bytes = packet("fd12::2", "fd00:20::10", raw(60, options), {{44, fragment_body(1, 0, true)}});
  EXPECT_EQ(error_of(bytes), PacketError::TinyFragment);
  const auto ends = octets({50, 0, 1, 4, 0, 0, 0, 0});
  EXPECT_EQ(error_of(packet("fd12::2", "fd00:20::10", raw(60, ends), {{44, fragment_body(1, 0, true)}})),
            PacketError::TinyFragment)
      << "a chain that ends with the fragment hides what follows";
}

TEST(PacketFragment, TcpAtOffsetOneIsRefusedByRfc3128) {
  EXPECT_EQ(error_of(fragment(v4(tcp(1, 2, kSyn)), 1, 8, 12, false)), PacketError::FragmentOffsetOne);
  EXPECT_EQ(error_of(fragment(v6(tcp(1, 2, kSyn)), 1, 8, 12, false)), PacketError::FragmentOffsetOne);
  const auto udp_at_one = fragment(v4(udp(1, 2, 12)), 1, 8, 12, false);
  EXPECT_TRUE(PacketView::parse(udp_at_one));
}

TEST(PacketFragment, ImpossibleSizesAreRefused) {
  const auto whole = v4(udp(1, 2, 100));
  EXPECT_EQ(error_of(fragment(whole, 1, 16, 20, true)), PacketError::BadFragment) << "not a multiple of eight";
  EXPECT_EQ(error_of(fragment(whole, 1, 16, 0, false)), PacketError::BadFragment) << "empty";
  auto beyond = fragment(whole, 1, 16, 64, false);
  put16(beyond, 6, 0x1fff);
  repair_checksum(beyond);
  EXPECT_EQ(error_of(beyond), PacketError::BadFragment) << "past 65535";
  const auto far = packet("fd12::2", "fd00:20::10", raw(17, zeros(16)), {{44, fragment_body(1, 65528, false)}});
  EXPECT_EQ(error_of(far), PacketError::BadFragment) << "past 65535";
}

TEST(PacketFragment, MayEndWhereTheLargestDatagramEnds) {
  const auto v6_end = [](std::size_t size) {
    return packet("fd12::2", "fd00:20::10", raw(17, zeros(size)), {{44, fragment_body(1, 65520, false)}});
  };
  EXPECT_TRUE(PacketView::parse(v6_end(15)));
  EXPECT_EQ(error_of(v6_end(16)), PacketError::BadFragment);
  const auto v4_end = [](std::size_t size) {
    auto bytes = fragment(v4(udp(1, 2, 100)), 1, 16, size, false);
    put16(bytes, 6, 65504 / 8);
    repair_checksum(bytes);
    return bytes;
  };
  EXPECT_TRUE(PacketView::parse(v4_end(11))) << "20 octets of header count";
  EXPECT_EQ(error_of(v4_end(12)), PacketError::BadFragment);
}

TEST(PacketFragment, LaterOnesAreNotReadAsHeaders) {
  // Data that would be a broken extension header must not be looked at.
  const auto bytes = packet("fd12::2", "fd00:20::10", raw(60, zeros(3)), {{44, fragment_body(1, 64, false)}});
  const auto parsed = PacketView::parse(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->protocol(), 60);
}

TEST(PacketErrorWords, AreDifferentForEveryError) {
  std::set<std::string> words;
  for (int i = 0; i <= static_cast<int>(PacketError::BadTransport); ++i) {
    words.insert(std::string{describe(static_cast<PacketError>(i))});
  }
  EXPECT_EQ(words.size(), static_cast<std::size_t>(PacketError::BadTransport) + 1);
  EXPECT_FALSE(words.contains("invalid PacketError"));
}

}  // namespace
}  // namespace sallyport
