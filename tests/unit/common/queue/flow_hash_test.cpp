#include "common/queue/flow_hash.hpp"

#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

namespace sallyport {
namespace {

using namespace test;

constexpr FlowHashKey kKey{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};

std::uint64_t hash(const ByteBuffer& bytes, const FlowHashKey& key = kKey) {
  return flow_hash(PacketView::parse(bytes).value(), key);
}

TEST(KeyedHash, IsSipHash) {
  // The vectors of the authors' paper (appendix A) and of their program: octets 00, 01, 02, ...
  ByteBuffer input;
  EXPECT_EQ(keyed_hash(input, kKey), 0x726fdb47dd0e0e31U);
  for (unsigned i = 0; i < 8; ++i) input.push_back(static_cast<std::byte>(i));
  EXPECT_EQ(keyed_hash(input, kKey), 0x93f5f5799a932462U);
  for (unsigned i = 8; i < 15; ++i) input.push_back(static_cast<std::byte>(i));
  EXPECT_EQ(keyed_hash(input, kKey), 0xa129ca6149be45e5U);
}

TEST(FlowHash, KnowsWhatGoesTheOtherWay) {
  const std::vector<std::pair<ByteBuffer, ByteBuffer>> pairs{
      {packet("10.99.0.2", "10.20.4.10", tcp(40000, 443, kAck)),
       packet("10.20.4.10", "10.99.0.2", tcp(443, 40000, kAck))},
      {packet("10.99.0.2", "10.20.4.10", udp(40000, 443)), packet("10.20.4.10", "10.99.0.2", udp(443, 40000))},
      {packet("fd12::2", "fd00:20::10", udp(40000, 443)), packet("fd00:20::10", "fd12::2", udp(443, 40000))},
      {packet("10.99.0.2", "10.20.4.10", echo(1, false, 7)), packet("10.20.4.10", "10.99.0.2", echo(1, true, 7))}};
  for (const auto& [there, back] : pairs) {
    EXPECT_EQ(reverse_flow_hash(PacketView::parse(back).value(), kKey), hash(there));
    EXPECT_EQ(reverse_flow_hash(PacketView::parse(there).value(), kKey), hash(back));
    EXPECT_NE(hash(there), hash(back));
  }
}

TEST(FlowHash, TellsFlowsApartByEveryPartOfTheirName) {
  const std::set<std::uint64_t> hashes{hash(packet("10.99.0.2", "10.20.4.10", tcp(40000, 443, kAck))),
                                       hash(packet("10.99.0.3", "10.20.4.10", tcp(40000, 443, kAck))),
                                       hash(packet("10.99.0.2", "10.20.4.11", tcp(40000, 443, kAck))),
                                       hash(packet("10.99.0.2", "10.20.4.10", tcp(40001, 443, kAck))),
                                       hash(packet("10.99.0.2", "10.20.4.10", tcp(40000, 444, kAck))),
                                       hash(packet("10.99.0.2", "10.20.4.10", udp(40000, 443))),
                                       hash(packet("10.99.0.2", "10.20.4.10", echo(1, false, 1))),
                                       hash(packet("10.99.0.2", "10.20.4.10", echo(1, false, 2))),
                                       hash(packet("fd12::2", "fd00:20::10", tcp(40000, 443, kAck))),
                                       hash(packet("fd12::3", "fd00:20::10", tcp(40000, 443, kAck)))};
  EXPECT_EQ(hashes.size(), 10U);
}

TEST(FlowHash, IsTheSameForAllPacketsOfAFlow) {
  EXPECT_EQ(hash(packet("10.99.0.2", "10.20.4.10", tcp(40000, 443, kAck, 10, 1))),
            hash(packet("10.99.0.2", "10.20.4.10", tcp(40000, 443, kSyn, 1000, 99))));
}

TEST(FlowHash, IsTheSameForAllFragmentsOfADatagram) {
  const auto whole = packet("10.99.0.2", "10.20.4.10", udp(5000, 53, 1000));
  EXPECT_EQ(hash(fragment(whole, 7, 0, 800, true)), hash(fragment(whole, 7, 800, 208, false)));
}

TEST(FlowHash, IsAnotherWithAnotherKey) {
  const auto bytes = packet("10.99.0.2", "10.20.4.10", tcp(40000, 443, kAck));
  EXPECT_NE(hash(bytes), hash(bytes, {kKey[0] + 1, kKey[1]}));
  EXPECT_NE(hash(bytes), hash(bytes, {kKey[0], kKey[1] + 1}));
  EXPECT_NE(random_flow_key(), random_flow_key());
}

}  // namespace
}  // namespace sallyport
