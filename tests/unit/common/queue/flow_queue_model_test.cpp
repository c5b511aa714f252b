// A million random steps beside a model that only counts.
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <random>

#include "common/queue/flow_queue.hpp"
#include "tests/support/packets.hpp"

namespace sallyport {
namespace {

using namespace test;

constexpr std::uint32_t kSeed = 8290;
constexpr int kSteps = 1'000'000;
constexpr unsigned kFlows = 40;
constexpr std::size_t kHeaders = 28;

class RandomSteps {
 public:
  RandomSteps() {
    for (unsigned i = 0; i < kFlows; ++i) {
      flows_[i].largest = packet("10.99.0.2", "10.20.4.10", udp(static_cast<std::uint16_t>(1000 + i), 53, 1472));
    }
  }

  void step() {
    now_ += std::chrono::microseconds{random_() % 400};
    // Phases of growing and of draining.
    if (random_() % 5000 == 0) pushes_of_ten_ = static_cast<unsigned>(2 + random_() % 7);
    if (random_() % 10 < pushes_of_ten_)
      push();
    else
      pop();
    check();
  }
  void drain() {
    while (!queue_.is_empty()) pop();
    pop();
    check();
  }
  void expect_everything_was_met() const {
    const auto& counted = queue_.counters();
    EXPECT_GT(counted.dropped_codel, 1000U);
    EXPECT_GT(counted.dropped_limit, 1000U);
    EXPECT_GT(popped_, 100'000U);
  }

 private:
  struct Flow {
    ByteBuffer largest;
    std::uint32_t sent = 0;
    std::uint32_t got = 0;  ///< number of the last packet that came out
  };

  void push() {
    const bool is_greedy = random_() % 3 != 0;
    auto& flow = flows_[is_greedy ? random_() % 3 : random_() % kFlows];
    const std::size_t payload = is_greedy ? 1000 + random_() % 473 : 8 + random_() % 200;
    auto& bytes = flow.largest;
    put16(bytes, 2, kHeaders + payload);
    put16(bytes, 24, 8 + payload);
    put16(bytes, 10, 0);
    put16(bytes, 10, naive_checksum({bytes.begin(), bytes.begin() + 20}));
    put32(bytes, kHeaders, ++flow.sent);
    put32(bytes, kHeaders + 4, ~flow.sent);
    room_ = (100U + random_() % 152) << 10U;
    queue_.push(Bytes{bytes}.first(kHeaders + payload), {.room = room_, .let_in = {.tag = flow.sent}}, now_);
    ASSERT_LE(queue_.octets(), room_);
    ++pushed_;
  }
  void pop() {
    const auto held = queue_.pop({}, now_);
    if (!held) {
      ASSERT_TRUE(queue_.is_empty());
      return;
    }
    ++popped_;
    const Bytes bytes = held->packet.bytes;
    ASSERT_EQ(bytes.size(), get16(bytes, 2));
    const std::uint32_t number = load_be32(bytes.subspan(kHeaders));
    ASSERT_EQ(load_be32(bytes.subspan(kHeaders + 4)), ~number) << "it is not what was put in";
    ASSERT_EQ(held->let_in.tag, number);
    auto& flow = flows_.at(get16(bytes, 20) - 1000);
    ASSERT_GT(number, flow.got) << "packets of one flow changed their order";
    flow.got = number;
  }
  void check() const {
    const auto& counted = queue_.counters();
    ASSERT_EQ(pushed_, popped_ + counted.dropped_codel + counted.dropped_limit + queue_.packets());
    ASSERT_LE(queue_.packets(), FlowQueue::kMostPackets);
  }

  std::mt19937 random_{kSeed};
  QueueHome home_{.pool = {}, .key = {3, 4}};
  FlowQueue queue_{home_};
  TimePoint now_{std::chrono::hours{1}};
  std::array<Flow, kFlows> flows_;
  std::size_t room_ = 0;
  std::uint64_t pushed_ = 0;
  std::uint64_t popped_ = 0;
  unsigned pushes_of_ten_ = 5;
};

TEST(FlowQueueModel, LosesNothingUncountedReordersNoFlowAndKeepsItsBoundsForAMillionSteps) {
  RandomSteps steps;
  for (int i = 0; i < kSteps; ++i) {
    steps.step();
    if (testing::Test::HasFatalFailure()) FAIL() << "step " << i << ", seed " << kSeed;
  }
  steps.expect_everything_was_met();
  steps.drain();
}

}  // namespace
}  // namespace sallyport
