// The kernel as oracle: a super-packet goes into one interface, is routed, and comes out of another that takes no
// super-packets, so that the kernel has to cut it. What comes out is what Segments makes of it.

#include "tests/support/packet_difference.hpp"
#include "tests/support/super_packets.hpp"
#include "tun/device.hpp"
#include "tun/network_config.hpp"
#include "tun/packet_writer.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <fstream>

namespace sallyport {
namespace {

using namespace test;

constexpr std::uint32_t kSeed = 4711;

void set(const std::string& file, const std::string& value) {
  std::ofstream stream{"/proc/sys/net/" + file};
  stream << value << std::flush;
  EXPECT_TRUE(stream.good()) << file;
}

/// One hop less, and all that goes with it.
ByteBuffer one_hop_on(ByteBuffer packet) {
  const bool v4 = std::to_integer<unsigned>(packet[0]) >> 4U == 4;
  auto& hops = packet[v4 ? 8 : 7];
  hops = static_cast<std::byte>(std::to_integer<unsigned>(hops) - 1);
  if (!v4) return packet;
  put16(packet, 10, 0);
  put16(packet, 10, naive_checksum({packet.begin(), packet.begin() + 20}));
  return packet;
}

/// Runs in a network namespace of its own.
class KernelSegmentation : public testing::Test {
 protected:
  KernelSegmentation() {
    set("ipv4/ip_forward", "1");
    set("ipv6/conf/all/forwarding", "1");
    set("ipv4/conf/all/rp_filter", "0");
    for (const std::string name : {"near", "far"}) {
      EXPECT_TRUE(network_.set_up(name).has_value());
      set("ipv4/conf/" + name + "/rp_filter", "0");
    }
    const auto route = [&](const char* to, const char* by) {
      EXPECT_TRUE(network_.add_route({IpPrefix::parse(to).value(), by, {}}).has_value()) << to;
    };
    route("10.99.0.2/32", "near");
    route("fd12::2/128", "near");
    route("10.40.0.0/16", "far");
    route("fd00:40::/48", "far");
  }

  /// What came out of `device` within a moment, without what the kernel says by itself.
  std::vector<std::pair<ByteBuffer, Segmentation>> out_of(TunDevice& device) {
    std::vector<std::pair<ByteBuffer, Segmentation>> out;
    pollfd watched{device.fd(), POLLIN, 0};
    while (::poll(&watched, 1, 30) > 0) {
      const auto super = device.read(scratch_).value();
      const auto view = PacketView::parse(super.bytes);
      if (!view || view->source().is_link_local() || view->source().is_unspecified()) continue;
      out.emplace_back(ByteBuffer{super.bytes.begin(), super.bytes.end()}, super.segmentation);
    }
    return out;
  }
  void expect_cut_alike(const OwnSuperPacket& super, const std::string& about) {
    ASSERT_TRUE(near_.write(super.view())) << about;
    std::vector<ByteBuffer> seen;
    for (auto& [bytes, segmentation] : out_of(far_)) seen.push_back(std::move(bytes));
    std::vector<ByteBuffer> expected;
    for (auto& each : segments_of(super)) expected.push_back(one_hop_on(std::move(each)));
    ASSERT_EQ(seen.size(), expected.size()) << about;
    for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], expected[i]) << about << ", segment " << i;
  }

  NetworkConfig network_ = NetworkConfig::open().value();
  TunDevice near_ = TunDevice::open("near", {.offload = true}).value();
  TunDevice far_ = TunDevice::open("far").value();
  ByteBuffer scratch_ = ByteBuffer(kTunScratch);
  std::mt19937 random_{kSeed};
};

TEST_F(KernelSegmentation, IsOurs) {
  for (int round = 0; round < 24; ++round) {
    const std::size_t size = 536 + random_() % 800;
    const std::size_t payload = size + 1 + random_() % (round % 6 == 0 ? 30000 : 8000);
    const auto about = "round " + std::to_string(round) + ", seed " + std::to_string(kSeed);
    switch (round % 4) {
      case 0:
        expect_cut_alike(super_tcp("10.99.0.2", "10.40.4.10", 40000, 443, payload, size, random_), about);
        break;
      case 1:
        expect_cut_alike(super_tcp("fd12::2", "fd00:40::10", 40000, 443, payload, size, random_), about);
        break;
      case 2:
        expect_cut_alike(super_udp("10.99.0.2", "10.40.4.10", 40000, 443, payload, size, random_), about);
        break;
      default:
        expect_cut_alike(super_udp("fd12::2", "fd00:40::10", 40000, 443, payload, size, random_), about);
    }
  }
}

TEST_F(KernelSegmentation, TreatsControlBitsAndOptionsAsWeDo) {
  constexpr std::uint8_t kReduced = 0x80;
  expect_cut_alike(super_tcp("10.99.0.2", "10.40.4.10", 1, 2, 5000, 1000, random_, kAck | kPush | kFin), "FIN");
  expect_cut_alike(super_tcp("fd12::2", "fd00:40::10", 1, 2, 5000, 1000, random_, kAck | kPush | kReduced), "CWR");
  auto transport = tcp(1, 2, kAck, 5012);
  fill_randomly(transport, 32, random_);
  transport.bytes[12] = std::byte{0x80};
  for (std::size_t i = 20; i < 32; ++i) transport.bytes[i] = std::byte{1};
  expect_cut_alike(super_of("10.99.0.2", "10.40.4.10", transport, 32, 1448), "options");
}

TEST_F(KernelSegmentation, IsDoneByUsForAnInterfaceWithoutOffload) {
  const auto super = super_tcp("10.40.4.10", "10.99.0.2", 443, 40000, 5000, 1400, random_);
  ASSERT_TRUE(far_.write(super.view()));
  const auto seen = out_of(near_);
  ASSERT_EQ(seen.size(), 4U);
  std::size_t i = 0;
  for (const auto& each : segments_of(super)) EXPECT_EQ(seen[i++].first, one_hop_on(each));
}

TEST_F(KernelSegmentation, IsLeftToUsWhereWeAskForIt) {
  auto other = TunDevice::open("other", {.offload = true}).value();
  ASSERT_TRUE(network_.set_up("other").has_value());
  for (const auto* to : {"10.41.0.0/16", "fd00:41::/48"}) {
    ASSERT_TRUE(network_.add_route({IpPrefix::parse(to).value(), "other", {}}).has_value());
  }
  for (const auto& super : {super_tcp("10.99.0.2", "10.41.4.10", 1, 2, 60000, 1448, random_),
                            super_tcp("fd12::2", "fd00:41::10", 1, 2, 60000, 1428, random_),
                            super_udp("10.99.0.2", "10.41.4.10", 1, 2, 40000, 1400, random_)}) {
    if (super.segmentation.kind == SegmentKind::Udp && !near_.takes_udp_segments()) continue;
    ASSERT_TRUE(near_.write(super.view()));
    const auto seen = out_of(other);
    ASSERT_EQ(seen.size(), 1U) << "one super-packet all the way";
    EXPECT_EQ(seen[0].second, super.segmentation);
    const auto cut = segments_of({seen[0].first, seen[0].second});
    std::size_t i = 0;
    for (const auto& each : segments_of(super)) EXPECT_EQ(cut.at(i++), one_hop_on(each));
  }
}

TEST_F(KernelSegmentation, RefusesWhatIsNoSuperPacketBeforeTheKernelSeesIt) {
  auto broken = super_tcp("10.99.0.2", "10.40.4.10", 1, 2, 5000, 1000, random_);
  broken.bytes[10] ^= std::byte{1};
  EXPECT_FALSE(near_.write(broken.view()));
  const auto echo_request = packet("10.99.0.2", "10.40.4.10", echo(1, false, 7, 3000));
  EXPECT_FALSE(near_.write(SuperPacket{echo_request, {SegmentKind::Udp, 1000, 28}}));
  EXPECT_TRUE(out_of(far_).empty());
}

TEST_F(KernelSegmentation, GivesGatheredDatagramsOutAsTheyWere) {
  std::vector<ByteBuffer> sent;
  PacketWriter writer;
  for (int i = 0; i < 100; ++i) {
    auto transport = udp(1000, 53, i % 10 == 9 ? 30 : 64);
    fill_randomly(transport, 8, random_);
    sent.push_back(packet("fd12::2", "fd00:40::10", transport));
    writer.write(near_, sent.back(), {});
    if (i % 25 == 0) {
      sent.push_back(packet("10.99.0.2", "10.40.4.10", tcp(1, 2, kSyn)));
      writer.write(near_, sent.back(), {});
    }
  }
  writer.flush(near_);
  EXPECT_EQ(writer.take_lost(), 0U);
  const auto seen = out_of(far_);
  ASSERT_EQ(seen.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) EXPECT_EQ(seen[i].first, one_hop_on(sent[i])) << i;
}

TEST_F(KernelSegmentation, GetsTheSameFromAPacketThatIsWrittenWhereItLies) {
  const auto super = super_tcp("10.99.0.2", "10.40.4.10", 1, 2, 20000, 1448, random_);
  ByteBuffer lender(100, std::byte{0x5a});
  append(lender, super.bytes);
  append(lender, zeros(50));
  PacketWriter writer;
  writer.write(near_, {Bytes{lender}.subspan(100, super.bytes.size()), super.segmentation}, lender);
  writer.flush(near_);
  const auto seen = out_of(far_);
  const auto expected = segments_of(super);
  ASSERT_EQ(seen.size(), expected.size());
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i].first, one_hop_on(expected[i]));
}

}  // namespace
}  // namespace sallyport
