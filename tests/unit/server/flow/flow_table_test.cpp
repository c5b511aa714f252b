#include "server/flow/flow_table.hpp"

#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace sallyport {
namespace {

using namespace test;

FlowKey key_of(std::uint16_t port, std::uint8_t protocol = 17) { return {address("10.30.0.1"), protocol, port, 9}; }

class FlowTableTest : public testing::Test {
 protected:
  TimePoint now = TimePoint{} + std::chrono::hours{1};
  FlowLimits limits;
  FlowTable table{limits};
};

TEST_F(FlowTableTest, FindsWhatWasInserted) {
  table.insert(key_of(1), now).generation = 42;
  ASSERT_NE(table.find(key_of(1), now), nullptr);
  EXPECT_EQ(table.find(key_of(1), now)->generation, 42U);
  EXPECT_EQ(table.find(key_of(2), now), nullptr);
  table.erase(*table.find(key_of(1), now));
  EXPECT_EQ(table.find(key_of(1), now), nullptr);
}

TEST_F(FlowTableTest, TellsEveryPartOfAKeyApart) {
  table.insert(key_of(1), now);
  const FlowKey others[] = {{address("10.30.0.2"), 17, 1, 9},
                            {address("10.30.0.1"), 6, 1, 9},
                            {address("10.30.0.1"), 17, 2, 9},
                            {address("10.30.0.1"), 17, 1, 10},
                            {address("a1e:1::"), 17, 1, 9}};
  for (const auto& key : others) EXPECT_EQ(table.find(key, now), nullptr);
}

TEST_F(FlowTableTest, StartsSmallAndGrowsWithItsFlows) {
  EXPECT_EQ(table.capacity(), 0U) << "most sessions are idle";
  table.insert(key_of(5000), now);
  EXPECT_EQ(table.capacity(), FlowTable::kFirstCapacity);
  for (std::uint16_t port = 0; port < 1000; ++port) {
    ASSERT_EQ(table.find(key_of(port), now), nullptr);
    table.insert(key_of(port), now);
  }
  EXPECT_LE(table.capacity(), 4096U);
  EXPECT_EQ(table.live(now) + table.evicted(), 1001U);
  EXPECT_LT(table.evicted(), 10U) << "the keys spread";
}

TEST_F(FlowTableTest, GivesItsMemoryBackOnceNoFlowIsLeftAndNoEndIsOwed) {
  for (std::uint16_t port = 0; port < 100; ++port) table.insert(key_of(port), now);
  table.account(*table.find(key_of(1), now));
  table.release_idle_memory(now);
  EXPECT_EQ(table.live(now), 100U);
  const auto later = now + limits.tcp_established + std::chrono::hours{1};
  table.release_idle_memory(later);
  EXPECT_NE(table.capacity(), 0U);
  table.sweep(SIZE_MAX, later);
  EXPECT_EQ(table.take_ended(SIZE_MAX).size(), 1U);
  table.release_idle_memory(later);
  EXPECT_EQ(table.capacity(), 0U);
  EXPECT_EQ(table.find(key_of(1), later), nullptr);
  table.insert(key_of(1), later);
  EXPECT_EQ(table.live(later), 1U);
}

TEST_F(FlowTableTest, NeverGrowsBeyondItsLimit) {
  for (const std::size_t limit : {0U, 1U, 16U, 31U, 64U}) {
    limits.max_flows = limit;
    FlowTable bounded{limits};
    for (std::uint16_t port = 0; port < 500; ++port) bounded.insert(key_of(port), now);
    EXPECT_LE(bounded.capacity(), std::max(limit, FlowTable::kFirstCapacity)) << limit;
    EXPECT_LE(bounded.live(now), bounded.capacity());
  }
}

TEST_F(FlowTableTest, WhenFullTheFlowSilentLongestMakesRoom) {
  limits.max_flows = 16;
  FlowTable full{limits};
  std::uint16_t port = 0;
  for (; full.evicted() == 0; ++port) {
    now += std::chrono::seconds{1};
    full.insert(key_of(port), now);
  }
  // Every flow still there was seen later than the one that is not, or lives in another window.
  std::set<std::uint16_t> gone;
  for (std::uint16_t each = 0; each < port; ++each) {
    if (full.find(key_of(each), now) == nullptr) gone.insert(each);
  }
  EXPECT_EQ(gone.size(), 1U);
  EXPECT_FALSE(gone.contains(static_cast<std::uint16_t>(port - 1)));
}

TEST_F(FlowTableTest, AFlowInUseIsNotTheOneToGo) {
  limits.max_flows = 16;
  FlowTable full{limits};
  full.insert(key_of(0), now);
  for (std::uint16_t port = 1; port < 2000; ++port) {
    now += std::chrono::milliseconds{10};
    full.insert(key_of(port), now);
    Flow* kept = full.find(key_of(0), now);
    ASSERT_NE(kept, nullptr) << port;
    kept->last_seen = now;
  }
}

TEST_F(FlowTableTest, ForgottenFlowsMakeRoomWithoutEviction) {
  limits.max_flows = 16;
  FlowTable table16{limits};
  for (int round = 0; round < 50; ++round) {
    for (std::uint16_t port = 0; port < 4; ++port) {
      table16.insert(key_of(static_cast<std::uint16_t>(round * 4 + port)), now);
    }
    now += limits.udp;
    EXPECT_EQ(table16.live(now), 0U);
  }
  EXPECT_EQ(table16.evicted(), 0U);
}

TEST_F(FlowTableTest, EachStateToleratesItsOwnSilence) {
  const struct {
    FlowKey key;
    Duration limit;
  } cases[] = {
      {key_of(1, 6), limits.tcp_opening},
      {key_of(1, 17), limits.udp},
      {key_of(1, 1), limits.echo},
      {{address("fd00::1"), 58, 1, 0}, limits.echo},
      {{address("fd00::1"), 1, 0, 0}, limits.other},
      {key_of(0, 47), limits.other},
  };
  for (const auto& [key, limit] : cases) {
    table.insert(key, now);
    EXPECT_NE(table.find(key, now + limit - Duration{1}), nullptr);
    EXPECT_EQ(table.find(key, now + limit), nullptr);
    EXPECT_EQ(table.find(key, now), nullptr) << "a forgotten flow is gone for good";
  }
}

TEST_F(FlowTableTest, TellsTheEndOfEveryAccountedFlowOnceWhateverEndsIt) {
  limits.max_flows = 16;
  FlowTable small{limits};
  std::size_t told = 0;
  const auto take = [&] { told += small.take_ended(3).size(); };
  constexpr std::size_t kFlows = 400;
  for (std::uint16_t port = 0; port < kFlows; ++port) {
    small.account(small.insert(key_of(port), now));
    now += std::chrono::seconds{port % 7 == 0 ? 130 : 1};
    if (port % 3 == 0) small.sweep(5, now);
    (void)small.find(key_of(port / 2), now);
    while (small.has_ended()) take();
  }
  while (small.accounted() != 0) {
    small.end_accounted(FlowEnd::SessionEnded, 5);
    EXPECT_TRUE(small.has_ended());
    while (small.has_ended()) take();
  }
  EXPECT_EQ(told, kFlows);
  EXPECT_EQ(small.accounted(), 0U);
}

TEST_F(FlowTableTest, LosesEndsThatNobodyTakesAndCountsThem) {
  constexpr std::uint16_t kFlows = 10'000;
  for (std::uint16_t port = 0; port < kFlows; ++port) table.account(table.insert(key_of(port), now));
  table.end_accounted(FlowEnd::SessionEnded, SIZE_MAX);
  const auto lost = table.take_lost();
  EXPECT_EQ(table.take_ended(SIZE_MAX).size() + lost, kFlows);
  EXPECT_NE(lost, 0U);
}

TEST_F(FlowTableTest, ShowsEveryLiveFlowOnceInSlices) {
  for (std::uint16_t port = 0; port < 300; ++port) table.insert(key_of(port), now);
  std::set<std::uint16_t> seen;
  std::size_t shown = 0;
  for (std::size_t slot = 0; slot < table.capacity();) {
    slot = table.visit(slot, 7, now, [&](const Flow& flow) {
      seen.insert(flow.key.client_port);
      ++shown;
    });
  }
  EXPECT_EQ(shown, table.live(now));
  EXPECT_EQ(seen.size(), shown);
}

}  // namespace
}  // namespace sallyport
