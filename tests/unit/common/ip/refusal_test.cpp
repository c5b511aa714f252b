#include "common/ip/refusal.hpp"

#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

using namespace test;

ByteBuffer answer_to(const ByteBuffer& bytes, Refusal refusal = Refusal::Prohibited) {
  const auto parsed = PacketView::parse(bytes);
  EXPECT_TRUE(parsed);
  ByteBuffer out(kMaxRefusalSize, std::byte{0xaa});
  out.resize(parsed ? write_refusal(*parsed, refusal, out) : 0);
  return out;
}

void expect_good_checksums(const ByteBuffer& bytes) {
  const auto parsed = PacketView::parse(bytes);
  ASSERT_TRUE(parsed) << "the parser checks the IPv4 header";
  EXPECT_EQ(naive_transport_checksum(parsed->source(), parsed->destination(), parsed->protocol(), parsed->transport()),
            0U);
}

TEST(RefusalReset, AnswersASynWithTheSequenceNumberItExpects) {
  for (const auto& syn : {packet("10.99.0.2", "10.20.4.10", tcp(40000, 22, kSyn, 7, 0xfffffffdU)),
                          packet("fd12::2", "fd00:20::10", tcp(40000, 22, kSyn, 7, 0xfffffffdU))}) {
    const auto bytes = answer_to(syn);
    const auto reset = PacketView::parse(bytes);
    ASSERT_TRUE(reset);
    EXPECT_EQ(reset->source(), PacketView::parse(syn)->destination());
    EXPECT_EQ(reset->destination(), PacketView::parse(syn)->source());
    EXPECT_EQ(reset->source_port(), 22);
    EXPECT_EQ(reset->destination_port(), 40000);
    EXPECT_EQ(reset->tcp_flags(), kRst | kAck);
    EXPECT_EQ(load_be32(reset->transport().subspan(4)), 0U);
    EXPECT_EQ(load_be32(reset->transport().subspan(8)), 5U) << "sequence + 7 octets + SYN, over the wrap";
    expect_good_checksums(bytes);
  }
}

TEST(RefusalReset, TakesItsSequenceNumberFromAnAcknowledgement) {
  const auto bytes = answer_to(packet("10.99.0.2", "10.20.4.10", tcp(40000, 22, kAck, 100, 1000, 2000)));
  const auto reset = PacketView::parse(bytes);
  ASSERT_TRUE(reset);
  EXPECT_EQ(reset->tcp_flags(), kRst);
  EXPECT_EQ(load_be32(reset->transport().subspan(4)), 2000U);
  EXPECT_EQ(load_be32(reset->transport().subspan(8)), 0U);
  expect_good_checksums(bytes);
}

TEST(RefusalReset, CountsAFinAsOneOctet) {
  const auto bytes = answer_to(packet("10.99.0.2", "10.20.4.10", tcp(40000, 22, kFin, 3, 1000)));
  EXPECT_EQ(load_be32(PacketView::parse(bytes)->transport().subspan(8)), 1004U);
}

TEST(RefusalIcmp, SaysAdministrativelyProhibited) {
  const auto v4 = answer_to(packet("10.99.0.2", "10.20.4.10", udp(5000, 53)));
  const auto v6 = answer_to(packet("fd12::2", "fd00:20::10", udp(5000, 53)));
  EXPECT_EQ(PacketView::parse(v4)->icmp_type(), 3);
  EXPECT_EQ(PacketView::parse(v4)->icmp_code(), 13);
  EXPECT_EQ(PacketView::parse(v6)->icmp_type(), 1);
  EXPECT_EQ(PacketView::parse(v6)->icmp_code(), 1);
  expect_good_checksums(v4);
  expect_good_checksums(v6);
}

TEST(RefusalIcmp, CanSayThatTheSourceOrTheRouteIsTheReason) {
  const auto syn = packet("fd12::2", "fd00:20::10", tcp(40000, 443, kSyn));
  const auto source = answer_to(syn, Refusal::SourceRefused);
  const auto route = answer_to(syn, Refusal::NoRoute);
  EXPECT_EQ(PacketView::parse(source)->icmp_type(), 1);
  EXPECT_EQ(PacketView::parse(source)->icmp_code(), 5);
  EXPECT_EQ(PacketView::parse(route)->icmp_code(), 0);
  expect_good_checksums(source);
}

TEST(RefusalIcmp, QuotesThePacketUpToTheLimitOfItsFamily) {
  const auto small4 = packet("10.99.0.2", "10.20.4.10", udp(5000, 53, 20));
  const auto large4 = packet("10.99.0.2", "10.20.4.10", udp(5000, 53, 1400));
  const auto large6 = packet("fd12::2", "fd00:20::10", udp(5000, 53, 2000));
  const auto answer = answer_to(small4);
  EXPECT_TRUE(std::equal(small4.begin(), small4.end(), answer.begin() + 28, answer.end()));
  EXPECT_EQ(answer_to(large4).size(), 576U);
  EXPECT_EQ(answer_to(large6).size(), 1280U);
  expect_good_checksums(answer_to(large4));
  expect_good_checksums(answer_to(large6));
}

TEST(RefusalIcmp, AnswersTheFirstFragment) {
  const auto bytes = answer_to(fragment(packet("10.99.0.2", "10.20.4.10", udp(5000, 53, 100)), 7, 0, 64, true));
  EXPECT_FALSE(bytes.empty());
}

TEST(Refusal, NeverAnswersWhatMustStayUnanswered) {
  const auto udp4 = packet("10.99.0.2", "10.20.4.10", udp(5000, 53, 100));
  const auto udp6 = packet("fd12::2", "fd00:20::10", udp(5000, 53, 100));
  const struct {
    const char* name;
    ByteBuffer bytes;
  } cases[] = {
      {"ICMP error", packet("10.99.0.2", "10.20.4.10", icmp_error(1, 3, 3, udp4))},
      {"ICMPv6 error", packet("fd12::2", "fd00:20::10", icmp_error(58, 1, 4, udp6))},
      {"ICMP redirect", packet("10.99.0.2", "10.20.4.10", icmp_error(1, 5, 0, udp4))},
      {"ICMPv6 redirect", packet("fd12::2", "fd00:20::10", icmp(58, 137, 0, zeros(36)))},
      {"later fragment", fragment(udp4, 7, 64, 44, false)},
      {"later IPv6 fragment", fragment(udp6, 7, 64, 44, false)},
      {"multicast", packet("10.99.0.2", "224.0.0.1", udp(1, 2))},
      {"IPv6 multicast", packet("fd12::2", "ff02::1", udp(1, 2))},
      {"broadcast", packet("10.99.0.2", "255.255.255.255", udp(1, 2))},
      {"multicast source", packet("224.0.0.1", "10.20.4.10", udp(1, 2))},
      {"unspecified source", packet("::", "fd00:20::10", udp(1, 2))},
      {"reset", packet("10.99.0.2", "10.20.4.10", tcp(1, 2, kRst))},
      {"reset with acknowledgement", packet("fd12::2", "fd00:20::10", tcp(1, 2, kRst | kAck))},
  };
  for (const auto& each : cases) EXPECT_TRUE(answer_to(each.bytes).empty()) << each.name;
}

TEST(Refusal, WritesNothingThatDoesNotFit) {
  const auto bytes = packet("10.99.0.2", "10.20.4.10", tcp(40000, 22, kSyn));
  std::array<std::byte, 39> small{};
  EXPECT_EQ(write_refusal(PacketView::parse(bytes).value(), Refusal::Prohibited, small), 0U);
}

}  // namespace
}  // namespace sallyport
