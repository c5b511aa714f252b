#include "server/gateway/packet_exchange.hpp"

#include "tests/support/run_for.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace sallyport {
namespace {

constexpr WorkerNumber kFirst{0};
constexpr WorkerNumber kSecond{1};
constexpr WorkerNumber kThird{2};
using Given = ExchangePort::Given;

/// Three workers on one loop.
class APacketExchange : public testing::Test {
 protected:
  APacketExchange() {
    for (std::size_t i = 0; i < 3; ++i) ports_[i].attach(wakers_[i]);
    exchange_.directory().note(kAddress, kSecond);
  }
  /// Runs what is due.
  void turn() { test::run_for(loop_, std::chrono::milliseconds{5}); }
  std::vector<std::size_t> take(std::size_t worker) {
    std::vector<std::size_t> sizes;
    has_more_ = ports_[worker].take([&](const SuperPacket& each) { sizes.push_back(each.bytes.size()); });
    return sizes;
  }

  const IpAddress kAddress = *IpAddress::parse("10.99.0.2");
  const ByteBuffer packet_ = ByteBuffer(100);
  Loop loop_;
  PacketExchange exchange_{3};
  std::array<ExchangePort, 3> ports_{ExchangePort{exchange_, kFirst}, ExchangePort{exchange_, kSecond},
                                     ExchangePort{exchange_, kThird}};
  std::array<unsigned, 3> woken_{};
  std::array<Async, 3> wakers_{Async{loop_, [this] { ++woken_[0]; }}, Async{loop_, [this] { ++woken_[1]; }},
                               Async{loop_, [this] { ++woken_[2]; }}};
  bool has_more_ = false;
};

TEST_F(APacketExchange, GivesAPacketToTheWorkerThatServesItsDestination) {
  EXPECT_EQ(ports_[0].give(packet_, kAddress), Given::Yes);
  ports_[0].publish();
  turn();
  EXPECT_EQ(woken_, (std::array<unsigned, 3>{0, 1, 0}));
  EXPECT_TRUE(take(2).empty());
  EXPECT_EQ(take(1), std::vector<std::size_t>{100});
  EXPECT_FALSE(has_more_);
}

TEST_F(APacketExchange, GivesBackTheMemoryOfLanesThatNothingWasGivenToForAWhile) {
  TimePoint now{std::chrono::hours{1}};
  EXPECT_EQ(ports_[0].give(packet_, kAddress), Given::Yes);
  ports_[0].publish();
  EXPECT_EQ(take(1), std::vector<std::size_t>{100});
  ports_[0].release_unused(now);
  ports_[0].release_unused(now += ExchangePort::kLaneIdle - std::chrono::milliseconds{1});
  EXPECT_NE(exchange_.memory_of(kFirst), 0U);
  ports_[0].release_unused(now += std::chrono::milliseconds{1});
  EXPECT_EQ(exchange_.memory_of(kFirst), 0U);
  EXPECT_EQ(ports_[0].give(packet_, kAddress), Given::Yes);
  ports_[0].publish();
  EXPECT_EQ(take(1), std::vector<std::size_t>{100});
}

TEST_F(APacketExchange, WakesAWorkerOnceInATurn) {
  for (int i = 0; i < 600; ++i) EXPECT_EQ(ports_[0].give(packet_, kAddress), Given::Yes);
  ports_[0].publish();
  ports_[0].publish();
  turn();
  EXPECT_EQ(woken_[1], 1U);
  EXPECT_EQ(take(1).size(), PacketLane::kAtOnce);
  EXPECT_TRUE(has_more_) << "a few of each at a time";
}

TEST_F(APacketExchange, TakesFromAllThatGave) {
  EXPECT_EQ(ports_[0].give(packet_, kAddress), Given::Yes);
  EXPECT_EQ(ports_[2].give(packet_, kAddress), Given::Yes);
  ports_[0].publish();
  ports_[2].publish();
  EXPECT_EQ(take(1).size(), 2U);
}

TEST_F(APacketExchange, PassesNothingRound) {
  EXPECT_EQ(ports_[1].give(packet_, kAddress), Given::Nobody)
      << "this worker is the one, and has nobody of that address";
  EXPECT_EQ(ports_[0].give(packet_, *IpAddress::parse("10.99.0.3")), Given::Nobody);
  EXPECT_EQ(ExchangePort{}.give(packet_, kAddress), Given::Nobody) << "there is one worker";
}

TEST_F(APacketExchange, SaysWhenAWorkerDoesNotKeepUpAndStillWakesIt) {
  Given last = Given::Yes;
  std::size_t given = 0;
  for (; given < 10000 && last == Given::Yes; ++given) last = ports_[0].give(packet_, kAddress);
  EXPECT_EQ(last, Given::Full);
  ports_[0].publish();
  turn();
  EXPECT_EQ(woken_[1], 1U);
  EXPECT_EQ(ports_[2].give(packet_, kAddress), Given::Yes) << "the others have lanes of their own";
}

}  // namespace
}  // namespace sallyport
