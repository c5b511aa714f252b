// Super-packets through a whole conversation: real sessions, real TLS, whatever the two sides can do.

#include "common/wire/super_datagram.hpp"
#include "tests/support/conversation.hpp"
#include "tests/support/super_packets.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sallyport {
namespace {

using namespace test;

constexpr const char* kPolicy = R"(
version = 1
[resources]
web = { net = ["10.20.4.10", "fd00:20::10"], ports = ["443/tcp", "443/udp"] }
[allow.web]
who = "everyone"
to  = "web"
)";
constexpr std::array<std::array<std::string_view, 2>, 2> kEnds{
    {{"10.99.0.2", "10.20.4.10"}, {"fd12::2", "fd00:20::10"}}};

Extensions without_gso() {
  auto extensions = Extensions::all();
  extensions.gso = false;
  return extensions;
}

class SuperPacketPair : public testing::Test {
 protected:
  /// A flow of each protocol and family, opened by the laptop.
  void open_flows(Conversation& talk) const {
    for (const auto& [laptop, office] : kEnds) {
      talk.laptop_sends(packet(laptop, office, tcp(40000, 443, kSyn)));
      talk.laptop_sends(packet(laptop, office, udp(40000, 443)));
    }
    talk.at_office.clear();
  }
  std::vector<OwnSuperPacket> supers(bool ours) {
    std::vector<OwnSuperPacket> out;
    for (const auto& [laptop, office] : kEnds) {
      const auto from = ours ? laptop : office;
      const auto to = ours ? office : laptop;
      const std::uint16_t source_port = ours ? 40000 : 443;
      const std::uint16_t port = ours ? 443 : 40000;
      out.push_back(super_tcp(from, to, source_port, port, 60000, 1400, random_));
      out.push_back(super_udp(from, to, source_port, port, 30000, 1200, random_));
      out.push_back(super_tcp(from, to, source_port, port, 5000, 1400, random_, kAck | kPush | kFin));
    }
    return out;
  }

  std::mt19937 random_{4711};
};

TEST_F(SuperPacketPair, ArriveAsTheirSegmentsWhateverTheTwoSidesCanDo) {
  for (const auto extensions : {Extensions::all(), without_gso(), Extensions{}}) {
    Conversation talk{kPolicy, extensions};
    talk.run();
    ASSERT_EQ(talk.client().extensions().gso, extensions.gso);
    open_flows(talk);
    std::uint64_t packets = 0;
    std::uint64_t octets = 0;
    const auto before = talk.gateway().traffic();
    for (const auto& super : supers(true)) {
      talk.at_office.clear();
      talk.laptop_sends(super.view());
      EXPECT_EQ(talk.at_office, segments_of(super));
      packets += talk.at_office.size();
      for (const auto& each : talk.at_office) octets += each.size();
    }
    EXPECT_EQ(talk.gateway().traffic().packets_in - before.packets_in, packets);
    EXPECT_EQ(talk.gateway().traffic().bytes_in - before.bytes_in, octets);
    open_flows(talk);
    for (const auto& super : supers(false)) {
      talk.at_laptop.clear();
      talk.office_sends(super.view());
      EXPECT_EQ(talk.at_laptop, segments_of(super));
    }
    EXPECT_EQ(talk.client().traffic().packets_in, talk.gateway().traffic().packets_out);
    EXPECT_EQ(talk.client().traffic().bytes_in, talk.gateway().traffic().bytes_out);
    EXPECT_EQ(talk.client().traffic().packets_out, talk.gateway().traffic().packets_in);
    EXPECT_EQ(talk.client().traffic().bytes_out, talk.gateway().traffic().bytes_in);
  }
}

TEST_F(SuperPacketPair, TravelWholeOnlyWhereBothSidesTakeThem) {
  const auto super = super_tcp(kEnds[0][0], kEnds[0][1], 40000, 443, 60000, 1400, random_);
  const auto sent = [&](Extensions extensions) {
    Conversation talk{kPolicy, extensions};
    talk.run();
    open_flows(talk);
    ByteBuffer plaintext;
    (void)talk.client().send_packet(super.view(), plaintext);
    return plaintext.size();
  };
  EXPECT_EQ(sent(Extensions::all()), super.bytes.size() + kMaxSuperDatagramHeader);
  EXPECT_GT(sent(without_gso()), super.bytes.size() + segments_of(super).size() * 40);
}

/// What a client puts on the wire behind its own back.
ByteBuffer super_capsule(const OwnSuperPacket& super) {
  ByteBuffer out;
  append_super_datagram(out, super.view());
  return out;
}

TEST_F(SuperPacketPair, AreNotTakenFromAClientThatDidNotNameThem) {
  const auto super = super_tcp(kEnds[0][0], kEnds[0][1], 40000, 443, 6000, 1400, random_);
  for (const auto extensions : {Extensions::all(), without_gso()}) {
    Conversation talk{kPolicy, extensions};
    talk.run();
    open_flows(talk);
    const auto capsule = super_capsule(super);
    talk.gateway().receive(capsule);
    ByteBuffer out;
    EXPECT_EQ(talk.gateway().next_packet(talk.now(), out).has_value(), extensions.gso);
    EXPECT_FALSE(talk.gateway().next_packet(talk.now(), out).has_value());
    EXPECT_FALSE(talk.gateway().has_ended());
  }
}

TEST_F(SuperPacketPair, ThatAreNoneAreDroppedAndCountedByTheGateway) {
  Conversation talk{kPolicy};
  talk.run();
  open_flows(talk);
  auto lying = super_tcp(kEnds[0][0], kEnds[0][1], 40000, 443, 6000, 1400, random_);
  lying.segmentation.kind = SegmentKind::TcpV6;
  const auto end = super_tcp(kEnds[0][0], kEnds[0][1], 40000, 443, 6000, 1400, random_, kAck | kFin);
  ByteBuffer stream = super_capsule(lying);
  append(stream, super_capsule(end));
  append_capsule(stream, CapsuleType::Datagram, octets({2, 1, 0, 5}));
  append_capsule(stream, CapsuleType::Datagram, octets({2, 9, 0, 5, 0xa8, 0, 40, 0x45}));
  talk.gateway().receive(stream);
  ByteBuffer out;
  EXPECT_FALSE(talk.gateway().next_packet(talk.now(), out).has_value());
  EXPECT_TRUE(out.empty());
  EXPECT_FALSE(talk.gateway().has_ended());
  EXPECT_EQ(talk.gateway().filter().stats().dropped(DropReason::BadSuperPacket), 4U);
}

TEST_F(SuperPacketPair, ThatAreNoneAreDroppedAndCountedByTheClient) {
  Conversation talk{kPolicy};
  talk.run();
  auto tiny = super_tcp(kEnds[0][1], kEnds[0][0], 443, 40000, 6000, 1400, random_);
  tiny.segmentation.size = 10;
  const auto foreign = super_tcp(kEnds[0][1], "10.99.0.3", 443, 40000, 6000, 1400, random_);
  ByteBuffer stream = super_capsule(tiny);
  append(stream, super_capsule(foreign));
  append_capsule(stream, CapsuleType::Datagram, octets({2, 1, 1, 5, 0xa8, 0, 40, 0x45}));
  talk.client().receive(stream);
  ByteBuffer out;
  const auto packet = talk.client().next_packet(out);
  ASSERT_TRUE(packet.has_value());
  EXPECT_FALSE(packet->has_value());
  const auto& dropped = talk.client().traffic().dropped_in;
  EXPECT_EQ(dropped[static_cast<std::size_t>(PacketDrop::BadSuperPacket)], 2U);
  EXPECT_EQ(dropped[static_cast<std::size_t>(PacketDrop::ForeignDestination)], 1U);
  EXPECT_FALSE(talk.client().is_closed());
}

TEST_F(SuperPacketPair, OfAForbiddenFlowAreAnsweredOnceAsTheirFirstSegment) {
  Conversation talk{kPolicy};
  talk.run();
  const auto forbidden = super_tcp(kEnds[0][0], kEnds[0][1], 40000, 22, 60000, 1400, random_);
  talk.laptop_sends(forbidden.view());
  EXPECT_TRUE(talk.at_office.empty());
  ASSERT_EQ(talk.at_laptop.size(), 1U);
  const auto reset = PacketView::parse(talk.at_laptop[0]).value();
  EXPECT_NE(reset.tcp_flags() & kRst, 0);
  EXPECT_NE(talk.client_event<DeniedNotice>(), nullptr);
  EXPECT_EQ(talk.gateway().filter().stats().refused, 1U);
  EXPECT_EQ(talk.gateway().filter().stats().dropped(DropReason::Forbidden), 43U);
}

TEST_F(SuperPacketPair, AreCutOffByAPolicyThatChanges) {
  Conversation talk{kPolicy};
  talk.run();
  open_flows(talk);
  talk.replace_policy("version = 1\n");
  talk.at_laptop.clear();
  for (const auto& super : supers(true)) talk.laptop_sends(super.view());
  EXPECT_TRUE(talk.at_office.empty());
  talk.at_laptop.clear();
  for (const auto& super : supers(false)) talk.office_sends(super.view());
  EXPECT_TRUE(talk.at_laptop.empty());
}

}  // namespace
}  // namespace sallyport
