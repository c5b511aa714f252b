#include "common/ip/super_packet.hpp"

#include "tests/support/super_packets.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>

namespace sallyport {

inline void PrintTo(SuperPacketFault fault, std::ostream* out) { *out << name_of(fault); }

namespace {

using namespace test;

std::optional<SuperPacketFault> fault_of(const OwnSuperPacket& super) {
  return find_super_packet_fault(super.view(), PacketView::parse(super.bytes).value());
}

class SuperPackets : public testing::Test {
 protected:
  OwnSuperPacket tcp4(std::size_t payload = 10000, std::size_t size = 1448, std::uint8_t flags = kAck) {
    return super_tcp("10.99.0.2", "10.20.4.10", 40000, 443, payload, size, random_, flags);
  }
  OwnSuperPacket tcp6(std::size_t payload = 10000, std::size_t size = 1428) {
    return super_tcp("fd12::2", "fd00:20::10", 40000, 443, payload, size, random_);
  }
  OwnSuperPacket udp4(std::size_t payload = 10000, std::size_t size = 1200) {
    return super_udp("10.99.0.2", "10.20.4.10", 40000, 443, payload, size, random_);
  }
  OwnSuperPacket udp6(std::size_t payload = 10000, std::size_t size = 1200) {
    return super_udp("fd12::2", "fd00:20::10", 40000, 443, payload, size, random_);
  }

  std::mt19937 random_{4711};
};

TEST_F(SuperPackets, OfEveryKindAreSound) {
  for (const auto& super : {tcp4(), tcp6(), udp4(), udp6(), tcp4(65000), tcp4(537, 536), tcp4(2921, 1460),
                            tcp4(3000, 1448, kAck | kPush), udp4(34304, 536)}) {
    EXPECT_EQ(fault_of(super), std::nullopt) << super.bytes.size();
  }
}

TEST_F(SuperPackets, CountAsTheirSegments) {
  const auto super = tcp4(10000, 1448);
  const auto tally = tally_of(super.view(), PacketView::parse(super.bytes).value());
  EXPECT_EQ(tally, (PacketTally{7, 10000 + 7 * 40}));
  const auto plain = packet("10.99.0.2", "10.20.4.10", udp(1, 2, 100));
  EXPECT_EQ(tally_of(plain, PacketView::parse(plain).value()), (PacketTally{1, 128}));
}

TEST_F(SuperPackets, AreRefusedForEveryFault) {
  using Fault = SuperPacketFault;
  const auto altered = [](OwnSuperPacket super, const std::function<void(OwnSuperPacket&)>& change) {
    change(super);
    return super;
  };
  const auto with = [&](auto change) { return altered(tcp4(), change); };
  const auto options = [&] {
    auto transport = tcp(1, 2, kAck, 3000);
    return OwnSuperPacket{packet("10.99.0.2", "10.20.4.10", transport, {}, octets({1, 1, 1, 0})),
                          {SegmentKind::TcpV4, 1400, 44}};
  }();
  const auto extension =
      OwnSuperPacket{packet("fd12::2", "fd00:20::10", tcp(1, 2, kAck, 3000), {{60, octets({0, 1, 4, 0, 0, 0, 0})}}),
                     {SegmentKind::TcpV6, 1400, 68}};
  const auto atomic =
      OwnSuperPacket{packet("fd12::2", "fd00:20::10", udp(1, 2, 3000), {{44, fragment_body(7, 0, false)}}),
                     {SegmentKind::Udp, 1400, 56}};
  const auto piece = OwnSuperPacket{fragment(packet("10.99.0.2", "10.20.4.10", udp(1, 2, 3000)), 7, 0, 2400, true),
                                    {SegmentKind::Udp, 1200, 28}};
  const auto later = OwnSuperPacket{fragment(packet("10.99.0.2", "10.20.4.10", udp(1, 2, 4000)), 7, 2400, 1608, false),
                                    {SegmentKind::Udp, 1200, 28}};
  const std::pair<OwnSuperPacket, Fault> table[] = {
      {tcp4(10000, 535), Fault::SegmentSize},
      {tcp4(10000, 1461), Fault::SegmentSize},
      {tcp6(10000, 1441), Fault::SegmentSize},
      {with([](auto& s) { s.segmentation.size = 0; }), Fault::SegmentSize},
      {with([](auto& s) { s.segmentation.size = 65535; }), Fault::SegmentSize},
      {with([](auto& s) { s.segmentation.header_length = 65535; }), Fault::SegmentSize},
      {with([](auto& s) { s.bytes.push_back(std::byte{0}); }), Fault::LengthMismatch},
      {altered(udp4(), [](auto& s) { put16(s.bytes, 24, 1208); }), Fault::LengthMismatch},
      {with([](auto& s) { s.segmentation.kind = SegmentKind::TcpV6; }), Fault::OtherKind},
      {with([](auto& s) { s.segmentation.kind = SegmentKind::Udp; }), Fault::OtherKind},
      {altered(tcp6(), [](auto& s) { s.segmentation.kind = SegmentKind::TcpV4; }), Fault::OtherKind},
      {altered(udp6(), [](auto& s) { s.segmentation.kind = SegmentKind::TcpV6; }), Fault::OtherKind},
      {options, Fault::ExtraHeaders},
      {extension, Fault::ExtraHeaders},
      {atomic, Fault::ExtraHeaders},
      {piece, Fault::ExtraHeaders},
      {later, Fault::ExtraHeaders},
      {with([](auto& s) { s.segmentation.header_length = 44; }), Fault::HeaderLength},
      {with([](auto& s) { s.segmentation.header_length = 0; }), Fault::HeaderLength},
      {with([](auto& s) { s.bytes[20 + 12] = std::byte{0x60}; }), Fault::HeaderLength},
      {tcp4(10000, 1448, kAck | kSyn), Fault::ControlBits},
      {tcp4(10000, 1448, kAck | kFin), Fault::ControlBits},
      {tcp4(10000, 1448, kAck | kRst), Fault::ControlBits},
      {tcp4(10000, 1448, kAck | 0x20), Fault::ControlBits},
      {tcp4(10000, 1448, kAck | 0x80), Fault::ControlBits},
      {tcp4(10000, 1448, kPush), Fault::ControlBits},
      {tcp4(1448, 1448), Fault::SegmentCount},
      {tcp4(0, 1448), Fault::SegmentCount},
      {udp4(536 * 64 + 1, 536), Fault::SegmentCount},
  };
  std::set<Fault> seen;
  for (const auto& [super, fault] : table) {
    EXPECT_EQ(fault_of(super), fault) << describe(fault);
    seen.insert(fault);
  }
  EXPECT_EQ(seen.size(), 7U) << "the three others are of the wire's header: super_datagram_test";
}

TEST_F(SuperPackets, NameEveryFault) {
  std::set<std::string_view> names;
  for (unsigned i = 0; i <= static_cast<unsigned>(SuperPacketFault::SegmentCount); ++i) {
    const auto fault = static_cast<SuperPacketFault>(i);
    EXPECT_NE(describe(fault), "invalid SuperPacketFault");
    names.insert(name_of(fault));
  }
  EXPECT_EQ(names.size(), 10U);
}

}  // namespace
}  // namespace sallyport
