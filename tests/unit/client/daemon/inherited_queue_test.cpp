#include "common/wire/notice.hpp"
#include "tests/unit/client/daemon/fake_gateway.hpp"

namespace sallyport {
namespace {

using test::ack_to_office;
using test::GatewayConnectionTest;
using test::packet_to_office;

/// A second connection beside the one of the test.
class Beside : public GatewayConnectionTest {
 public:
  void TestBody() override {}
  GatewayConnection& connection() { return *connection_; }
  using GatewayConnectionTest::run;
  void come_online(const char* address) {
    ByteBuffer out;
    append_upgrade_accepted(out, Extensions::all());
    append_address_assign(out, std::array{AssignedAddress{1, *IpPrefix::parse(address)}});
    gateway_.say(out);
    run();
  }
};

/// An upload fills the first connection; another one has asked for a tunnel and waits for its address.
class InheritedQueue : public GatewayConnectionTest {
 protected:
  InheritedQueue() {
    come_online();
    while (connection_->egress().counters().queued < 50)
      connection_->send_packet(packet_to_office(1400), home_, now_.steady);
    next_.run();
  }
  /// The gateway's word that the other one took over, read before that one has its address.
  void supersede() {
    ByteBuffer out;
    append_notice(out, EndingNotice{"superseded", "another session took over"});
    gateway_.say(out);
    connection_->receive(scratch_, plaintext_, now_, [](const SuperPacket&) {});
    while (connection_->poll_event()) {
    }
    ASSERT_TRUE(connection_->end());
  }

  Beside next_;
};

TEST_F(InheritedQueue, OutlivesTheNoticeThatEndsTheConnectionAndGoesOnTheNextOne) {
  supersede();
  // The socket takes everything again: what waits there all the same is no business of the session that has ended.
  run();
  EXPECT_FALSE(connection_->wants_write());
  EXPECT_FALSE(connection_->egress().is_clear());
  next_.connection().inherit_queue(*connection_);
  EXPECT_TRUE(connection_->egress().is_clear());
  next_.run();
  EXPECT_FALSE(next_.connection().egress().is_clear()) << "it is not online yet";
  next_.come_online("10.99.0.14/32");
  EXPECT_TRUE(next_.connection().egress().is_clear());
  EXPECT_EQ(next_.connection().session()->traffic().packets_out, 50U);
  EXPECT_EQ(next_.connection().egress().counters().dropped_limit, 0U);
}

TEST_F(InheritedQueue, GoesOnFromASocketThatIsStillFull) {
  supersede();
  connection_->flush(now_.steady);
  next_.connection().inherit_queue(*connection_);
  next_.come_online("10.99.0.14/32");
  EXPECT_EQ(next_.connection().session()->traffic().packets_out, 50U);
}

TEST_F(InheritedQueue, TakesAlongTheAcknowledgementThatWaitsBesideIt) {
  lose_something();
  connection_->send_packet(ack_to_office(1000), home_, now_.steady);
  connection_->send_packet(ack_to_office(2000), home_, now_.steady);
  const auto due = connection_->egress().ack_due();
  ASSERT_TRUE(due);
  supersede();
  next_.connection().inherit_queue(*connection_);
  EXPECT_EQ(connection_->egress().ack_due(), std::nullopt);
  EXPECT_EQ(next_.connection().egress().ack_due(), due);
  next_.come_online("10.99.0.14/32");
  EXPECT_EQ(next_.connection().session()->traffic().packets_out, 51U);
  next_.connection().send_due_ack(home_, *due);
  EXPECT_EQ(next_.connection().session()->traffic().packets_out, 52U);
}

TEST_F(InheritedQueue, IsNotNeededForTheAcknowledgementThatWaits) {
  run();
  ASSERT_TRUE(connection_->egress().is_clear());
  lose_something();
  connection_->send_packet(ack_to_office(1000), home_, now_.steady);
  connection_->send_packet(ack_to_office(2000), home_, now_.steady);
  const auto due = connection_->egress().ack_due();
  ASSERT_TRUE(due);
  next_.connection().inherit_queue(*connection_);
  EXPECT_EQ(next_.connection().egress().ack_due(), due);
}

TEST_F(InheritedQueue, IsNotSentFromAnAddressThatIsNotTheSessions) {
  supersede();
  next_.connection().inherit_queue(*connection_);
  next_.come_online("10.99.0.15/32");
  EXPECT_TRUE(next_.connection().egress().is_clear());
  const auto& traffic = next_.connection().session()->traffic();
  EXPECT_EQ(traffic.packets_out, 0U);
  EXPECT_EQ(traffic.dropped_out[static_cast<std::size_t>(PacketDrop::ForeignSource)], 50U);
}

TEST_F(InheritedQueue, HasWhatCameWhileNobodyHeardTheFirstConnection) {
  run();
  ASSERT_TRUE(connection_->egress().is_clear());
  connection_->egress().follow(PathSample{.resent = 1}, now_.steady);
  const auto before = connection_->session()->traffic().packets_out;
  for (std::uint32_t i = 1; i <= 3; ++i) connection_->send_packet(ack_to_office(i, 1000), home_, now_.steady);
  connection_->flush(now_.steady);
  EXPECT_EQ(connection_->session()->traffic().packets_out, before);
  EXPECT_EQ(connection_->egress().counters().held, 3U);
  next_.connection().inherit_queue(*connection_);
  next_.come_online("10.99.0.14/32");
  EXPECT_EQ(next_.connection().session()->traffic().packets_out, 3U);
}

TEST_F(InheritedQueue, IsGoneWhenTheConnectionIsClosed) {
  connection_->close();
  EXPECT_TRUE(connection_->egress().is_clear());
  EXPECT_EQ(connection_->egress().counters().dropped_ended, 50U);
}

}  // namespace
}  // namespace sallyport
