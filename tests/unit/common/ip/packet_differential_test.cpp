#include "tests/support/packet_difference.hpp"
#include "tests/support/packet_seeds.hpp"

#include <gtest/gtest.h>

#include <random>

namespace sallyport {
namespace {

using namespace test;

constexpr std::uint32_t kSeed = 20261121;
constexpr int kPackets = 100'000;

void repair_ipv4_checksum(ByteBuffer& bytes) {
  const auto header = static_cast<std::size_t>(std::to_integer<int>(bytes[0]) & 15) * 4;
  if (header < 20 || header > bytes.size()) return;
  put16(bytes, 10, 0);
  put16(bytes, 10, naive_checksum({bytes.begin(), bytes.begin() + static_cast<long>(header)}));
}

/// A few octets changed near the headers, sometimes cut; IPv4 checksums mostly repaired, so that more than they is
/// tried.
ByteBuffer mutated(ByteBuffer bytes, std::mt19937& random) {
  const auto pick = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
  for (std::size_t left = 1 + pick(4); left != 0; --left) {
    auto& octet = bytes[pick(std::min<std::size_t>(bytes.size(), 96))];
    octet = pick(2) == 0 ? octet ^ static_cast<std::byte>(1U << pick(8)) : static_cast<std::byte>(pick(256));
  }
  if (pick(10) == 0) bytes.resize(1 + pick(bytes.size()));
  if (pick(8) != 0) repair_ipv4_checksum(bytes);
  return bytes;
}

std::string fault_of(const ByteBuffer& bytes) {
  return test::fault_of(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

TEST(PacketDifferential, AgreesWithTheNaiveParserOnEverySeed) {
  for (const auto& seed : packet_seeds()) EXPECT_EQ(fault_of(seed.bytes), "") << seed.name;
}

TEST(PacketDifferential, AgreesWithTheNaiveParserOnMutatedPackets) {
  std::mt19937 random{kSeed};
  const auto seeds = packet_seeds();
  int accepted = 0;
  for (int i = 0; i < kPackets; ++i) {
    const auto& seed = seeds[random() % seeds.size()];
    const auto bytes = mutated(seed.bytes, random);
    ASSERT_EQ(fault_of(bytes), "") << "packet " << i << " made from " << seed.name << " with seed " << kSeed;
    if (PacketView::parse(bytes)) ++accepted;
  }
  EXPECT_GT(accepted, kPackets / 5) << "mutation must leave enough packets to compare";
  EXPECT_LT(accepted, kPackets * 4 / 5);
}

}  // namespace
}  // namespace sallyport
