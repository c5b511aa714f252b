#include "server/flow/flow.hpp"

#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace test;

class TcpFlow : public testing::Test {
 protected:
  TcpFlow() { flow.state = Flow::first_state(flow.key); }
  void client(std::uint8_t flags) { note(flags, Sender::Client); }
  void office(std::uint8_t flags) { note(flags, Sender::Office); }
  void note(std::uint8_t flags, Sender sender) {
    const auto bytes = packet("10.99.0.2", "10.20.4.10", tcp(40000, 443, flags));
    flow.note(PacketView::parse(bytes).value(), {1, bytes.size()}, sender, now += std::chrono::seconds{1});
  }

  TimePoint now = TimePoint{};
  Flow flow{.key = {address("10.20.4.10"), 6, 40000, 443}};
};

TEST_F(TcpFlow, IsOpeningUntilTheOfficeAnswers) {
  client(kSyn);
  client(kSyn);
  client(kAck);
  EXPECT_EQ(flow.state, FlowState::TcpOpening);
  office(kSyn | kAck);
  EXPECT_EQ(flow.state, FlowState::TcpEstablished);
}

TEST_F(TcpFlow, IsClosingAfterAResetFromEitherEnd) {
  client(kSyn);
  office(kRst | kAck);
  EXPECT_EQ(flow.state, FlowState::TcpClosing);
  client(kSyn);
  office(kSyn | kAck);
  client(kRst);
  EXPECT_EQ(flow.state, FlowState::TcpClosing);
}

TEST_F(TcpFlow, StaysEstablishedWhileHalfClosed) {
  client(kSyn);
  office(kSyn | kAck);
  client(kFin | kAck);
  EXPECT_EQ(flow.state, FlowState::TcpEstablished);
  office(kAck);
  EXPECT_EQ(flow.state, FlowState::TcpEstablished);
  office(kFin | kAck);
  EXPECT_EQ(flow.state, FlowState::TcpClosing);
  client(kAck);
  EXPECT_EQ(flow.state, FlowState::TcpClosing);
}

TEST_F(TcpFlow, OpensAgainWithANewSynOfTheClientOnly) {
  client(kSyn);
  office(kRst | kAck);
  office(kSyn);
  client(kAck);
  EXPECT_EQ(flow.state, FlowState::TcpClosing);
  client(kSyn);
  EXPECT_EQ(flow.state, FlowState::TcpOpening);
  office(kSyn | kAck);
  client(kFin | kAck);
  EXPECT_EQ(flow.state, FlowState::TcpEstablished) << "the old connection's FIN does not count";
}

TEST_F(TcpFlow, RemembersWhenItWasSeen) {
  client(kSyn);
  office(kAck);
  EXPECT_EQ(flow.last_seen, now);
}

}  // namespace
}  // namespace sallyport
