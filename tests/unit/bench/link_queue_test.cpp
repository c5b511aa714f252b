#include "tests/bench/link_queue.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace sallyport {
namespace {

using namespace std::chrono_literals;
using Time = LinkQueue::Time;
using Packet = LinkQueue::Packet;

const Time kStart{1h};

Packet packet(std::size_t octets, unsigned mark = 0) {
  Packet made(octets);
  made[0] = static_cast<std::byte>(mark);
  return made;
}

struct Arrival {
  unsigned mark;
  std::chrono::nanoseconds after;
};

/// All that is on the way, each at the moment it is due.
std::vector<Arrival> drain(LinkQueue& link) {
  std::vector<Arrival> came;
  while (const auto due = link.due()) {
    while (const auto taken = link.take(*due)) came.push_back({std::to_integer<unsigned>((*taken)[0]), *due - kStart});
  }
  return came;
}

TEST(LinkQueue, DeliversAfterItsDelayAndNotBefore) {
  LinkQueue link{{.delay = 20ms}};
  EXPECT_FALSE(link.due());
  link.offer(packet(100), kStart);
  ASSERT_EQ(link.due(), kStart + 20ms);
  EXPECT_FALSE(link.take(kStart + 20ms - 1ns));
  EXPECT_TRUE(link.take(kStart + 20ms));
  EXPECT_FALSE(link.take(kStart + 1h));
}

TEST(LinkQueue, SpacesPacketsAsTheirSizeAndItsRateSay) {
  LinkQueue link{{.delay = 1ms, .rate = 8e6}};  // an octet each microsecond
  for (unsigned i = 0; i < 3; ++i) link.offer(packet(1000, i), kStart);
  const auto came = drain(link);
  ASSERT_EQ(came.size(), 3U);
  EXPECT_EQ(came[0].after, 2ms);
  EXPECT_EQ(came[1].after, 3ms);
  EXPECT_EQ(came[2].after, 4ms);
}

TEST(LinkQueue, SavesNoRateFromTimesWithoutPackets) {
  LinkQueue link{{.rate = 8e6}};
  link.offer(packet(1000), kStart);
  link.offer(packet(1000), kStart + 1s);
  EXPECT_EQ(drain(link).back().after, 1s + 1ms);
}

TEST(LinkQueue, DropsAtTheTailWhatFindsItFullAndAcceptsAgainOnceOnePacketHasLeft) {
  LinkQueue link{{.delay = 1s, .rate = 8e6, .queue = 2}};
  EXPECT_EQ(link.offer(packet(1000), kStart), LinkVerdict::accepted);
  EXPECT_EQ(link.offer(packet(1000), kStart), LinkVerdict::accepted);
  EXPECT_EQ(link.offer(packet(1000), kStart + 1ms - 1ns), LinkVerdict::tail_dropped);
  EXPECT_EQ(link.offer(packet(1000), kStart + 1ms), LinkVerdict::accepted);
  EXPECT_EQ(link.statistics().tail_dropped, 1U);
  EXPECT_EQ(drain(link).size(), 3U);
}

TEST(LinkQueue, LosesAboutTheShareThatWasAskedAndTheSameForOneSeed) {
  const auto fates = [](std::uint64_t seed) {
    LinkQueue link{{.loss = 0.03, .seed = seed}};
    std::vector<LinkVerdict> verdicts;
    for (int i = 0; i < 20'000; ++i) verdicts.push_back(link.offer(packet(100), kStart));
    EXPECT_NEAR(static_cast<double>(link.statistics().lost), 600, 100);
    return verdicts;
  };
  EXPECT_EQ(fates(1), fates(1));
  EXPECT_NE(fates(1), fates(2));
}

TEST(LinkQueue, SpreadsJitterAroundTheDelayWithoutReordering) {
  LinkQueue link{{.delay = 20ms, .jitter = 5ms}};
  for (unsigned i = 0; i < 200; ++i) link.offer(packet(100, i), kStart + i * 1ms);
  const auto came = drain(link);
  ASSERT_EQ(came.size(), 200U);
  auto least = 1h + 0ns;
  auto most = 0ns;
  for (unsigned i = 0; i < 200; ++i) {
    EXPECT_EQ(came[i].mark, i);
    least = std::min(least, came[i].after - i * 1ms);
    most = std::max(most, came[i].after - i * 1ms);
  }
  EXPECT_GE(least, 15ms);
  EXPECT_LT(least, 18ms);
  EXPECT_GT(most, 22ms);
  EXPECT_LE(most, 25ms);
}

TEST(LinkQueue, LetsOthersOvertakeTheShareThatIsReordered) {
  LinkQueue link{{.delay = 10ms, .reorder = 0.1, .reorder_by = 3ms}};
  for (unsigned i = 0; i < 200; ++i) link.offer(packet(100, i), kStart + i * 1ms);
  const auto came = drain(link);
  std::uint64_t overtaken = 0;
  for (std::size_t i = 0; i < came.size(); ++i) {
    const auto took = came[i].after - came[i].mark * 1ms;
    EXPECT_TRUE(took == 10ms || took == 13ms) << took.count();
    if (took == 13ms) ++overtaken;
  }
  EXPECT_EQ(came.size(), 200U);
  EXPECT_EQ(overtaken, link.statistics().reordered);
  EXPECT_GT(overtaken, 5U);
}

TEST(LinkQueue, DropsWhatIsLargerThanItsMtu) {
  LinkQueue link{{.mtu = 1400}};
  EXPECT_EQ(link.offer(packet(1400), kStart), LinkVerdict::accepted);
  EXPECT_EQ(link.offer(packet(1401), kStart), LinkVerdict::too_big);
  EXPECT_EQ(link.statistics().too_big, 1U);
}

TEST(LinkQueue, CountsEveryPacketOnce) {
  LinkQueue link{{.delay = 1ms, .loss = 0.2, .rate = 80e6, .queue = 20, .mtu = 1000}};
  for (unsigned i = 0; i < 1000; ++i) link.offer(packet(i % 7 == 0 ? 1200 : 900), kStart + i * 50us);
  drain(link);
  const auto& counted = link.statistics();
  EXPECT_EQ(counted.offered, 1000U);
  EXPECT_EQ(counted.delivered + counted.lost + counted.tail_dropped + counted.too_big, 1000U);
  EXPECT_GT(counted.tail_dropped, 0U);
  EXPECT_EQ(counted.octets, counted.delivered * 900);
}

Packet ipv4(std::size_t octets, bool whole) {
  Packet made(octets);
  made[0] = std::byte{0x45};
  if (whole) made[6] = std::byte{0x40};
  made[12] = std::byte{198};
  made[15] = std::byte{2};
  return made;
}

unsigned sum_of(const Packet& data, std::size_t from) {
  unsigned sum = 0;
  for (std::size_t i = from; i + 1 < data.size() && (from != 0 || i < 20); i += 2) {
    sum += std::to_integer<unsigned>(data[i]) * 256 + std::to_integer<unsigned>(data[i + 1]);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

TEST(FragmentationNeeded, QuotesThePacketAndTellsTheMtuToItsSender) {
  const auto answer = fragmentation_needed(ipv4(1500, true), 0xc6336401, 1400);
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->size(), 20U + 8 + 28);
  EXPECT_EQ((*answer)[20], std::byte{3});
  EXPECT_EQ((*answer)[21], std::byte{4});
  EXPECT_EQ(std::to_integer<unsigned>((*answer)[26]) * 256 + std::to_integer<unsigned>((*answer)[27]), 1400U);
  EXPECT_EQ((*answer)[12], std::byte{0xc6});
  EXPECT_EQ((*answer)[16], std::byte{198});
  EXPECT_EQ((*answer)[19], std::byte{2});
  EXPECT_EQ(sum_of(*answer, 0), 0xffffU);
  EXPECT_EQ(sum_of(*answer, 20), 0xffffU);
}

TEST(FragmentationNeeded, IsSaidOfNoPacketThatMayBeFragmentedNorOfWhatIsNoIpv4) {
  EXPECT_FALSE(fragmentation_needed(ipv4(1500, false), 1, 1400));
  EXPECT_FALSE(fragmentation_needed(Packet(10), 1, 1400));
  Packet six = ipv4(1500, true);
  six[0] = std::byte{0x60};
  EXPECT_FALSE(fragmentation_needed(six, 1, 1400));
}

}  // namespace
}  // namespace sallyport
