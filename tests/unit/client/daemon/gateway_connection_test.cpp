#include "client/daemon/gateway_connection.hpp"

#include "common/wire/datagram.hpp"
#include "common/wire/notice.hpp"
#include "common/wire/probe.hpp"
#include "tests/unit/client/daemon/fake_gateway.hpp"

namespace sallyport {
namespace {

using test::ack_to_office;
using test::GatewayConnectionTest;
using test::packet_to_laptop;
using test::packet_to_office;

TEST_F(GatewayConnectionTest, AsksForATunnelAndComesOnline) {
  come_online();
  EXPECT_TRUE(gateway_.heard.starts_with("GET /.well-known/masque/ip/")) << gateway_.heard;
  EXPECT_TRUE(connection_->is_online());
  EXPECT_FALSE(connection_->end());
  ASSERT_FALSE(events_.empty());
  EXPECT_TRUE(std::holds_alternative<Online>(events_.front()));
}

TEST_F(GatewayConnectionTest, GivesPacketsOfTheOfficeToTheInside) {
  come_online();
  ByteBuffer out;
  append_datagram(out, packet_to_laptop());
  append_datagram(out, packet_to_laptop());
  gateway_.say(out);
  run();
  EXPECT_EQ(packets_, (std::vector<ByteBuffer>{packet_to_laptop(), packet_to_laptop()}));
}

TEST_F(GatewayConnectionTest, HoldsABoundedQueueWhileTheSocketTakesNothingAndSendsItAfterwards) {
  come_online();
  const auto packet = packet_to_office(1400);
  for (int sent = 0; sent < 5000; ++sent) {
    connection_->send_packet(packet, home_, now_.steady);
    connection_->flush(now_.steady);
  }
  EXPECT_TRUE(connection_->wants_write());
  const auto& egress = connection_->egress();
  EXPECT_FALSE(egress.is_clear());
  EXPECT_LE(egress.waiting(), Egress::kMostWaiting);
  const auto counted = egress.counters();
  EXPECT_GT(counted.dropped_limit, 0U);
  for (int turn = 0; turn < 20; ++turn) run();
  EXPECT_TRUE(egress.is_clear());
  EXPECT_FALSE(connection_->wants_write());
  EXPECT_EQ(egress.counters(), counted);
  // What neither went straight nor was dropped waited, and went.
  EXPECT_EQ(connection_->session()->traffic().packets_out, 5000 - counted.dropped_limit);
}

TEST_F(GatewayConnectionTest, HoldsWhatComesWhileNobodyHearsItAndSendsItOnceSomebodyDoes) {
  come_online();
  connection_->egress().follow(PathSample{.resent = 1}, now_.steady);
  for (int i = 0; i < 3; ++i) connection_->send_packet(packet_to_office(1400), home_, now_.steady);
  connection_->flush(now_.steady);
  EXPECT_EQ(connection_->session()->traffic().packets_out, 0U);
  EXPECT_EQ(connection_->egress().counters(), (QueueCounters{.queued = 3, .held = 3}));
  const auto due = now_.steady + StandWatch::kShortestBeat;
  EXPECT_EQ(connection_->next_timeout(), due);
  // The socket of this test is no TCP socket: of such nothing is known, and it goes on.
  connection_->flush(due);
  EXPECT_EQ(connection_->session()->traffic().packets_out, 3U);
  EXPECT_TRUE(connection_->egress().is_clear());
}

TEST_F(GatewayConnectionTest, LooksWhetherItIsHeardWhenSomethingComes) {
  come_online();
  connection_->egress().follow(PathSample{.resent = 1}, now_.steady);
  connection_->send_packet(packet_to_office(1400), home_, now_.steady);
  ByteBuffer out;
  append_datagram(out, packet_to_laptop());
  gateway_.say(out);
  run();
  EXPECT_EQ(connection_->session()->traffic().packets_out, 1U);
}

TEST_F(GatewayConnectionTest, LetsASmallFlowOvertakeWhatWaits) {
  come_online();
  const auto bulk = packet_to_office(1400);
  while (connection_->egress().counters().queued < 50) connection_->send_packet(bulk, home_, now_.steady);
  const auto small = test::packet_of(40, {10, 99, 0, 14, 10, 20, 0, 9});
  connection_->send_packet(small, home_, now_.steady);
  for (int turn = 0; turn < 20; ++turn) run();
  ASSERT_TRUE(connection_->egress().is_clear());
  const auto at = gateway_.heard.find(as_text(Bytes{small}));
  ASSERT_NE(at, std::string::npos);
  EXPECT_GT(gateway_.heard.size() - at, 40U * 1400);
}

TEST_F(GatewayConnectionTest, SparesAcknowledgementsWhereThePathLosesAndSendsTheLastWhenItIsDue) {
  come_online();
  lose_something();
  for (const auto number : {1000U, 2000U, 3000U}) connection_->send_packet(ack_to_office(number), home_, now_.steady);
  const auto due = now_.steady + std::chrono::milliseconds{10};
  EXPECT_LE(connection_->next_timeout(), due);
  connection_->send_due_ack(home_, due - std::chrono::milliseconds{1});
  EXPECT_EQ(connection_->session()->traffic().packets_out, 1U);
  connection_->send_due_ack(home_, due);
  EXPECT_EQ(connection_->session()->traffic().packets_out, 2U);
  run();
  const auto heard = [this](std::uint32_t number) {
    return gateway_.heard.find(as_text(ack_to_office(number))) != std::string::npos;
  };
  EXPECT_TRUE(heard(1000));
  EXPECT_FALSE(heard(2000));
  EXPECT_TRUE(heard(3000));
}

TEST_F(GatewayConnectionTest, SendsAnAcknowledgementThatWaitsBeforeWhatElseItsFlowSays) {
  come_online();
  lose_something();
  connection_->send_packet(ack_to_office(1000), home_, now_.steady);
  connection_->send_packet(ack_to_office(2000), home_, now_.steady);
  connection_->send_packet(packet_to_office(), home_, now_.steady);
  EXPECT_EQ(connection_->session()->traffic().packets_out, 2U);
  connection_->send_packet(ack_to_office(2000, 100), home_, now_.steady);
  EXPECT_EQ(connection_->session()->traffic().packets_out, 4U);
  run();
  const auto at = gateway_.heard.find(as_text(ack_to_office(2000)));
  ASSERT_NE(at, std::string::npos);
  EXPECT_LT(at, gateway_.heard.find(as_text(ack_to_office(2000, 100))));
}

TEST_F(GatewayConnectionTest, GivesTheGatewaysReasonWhenItSaysNo) {
  run();
  ByteBuffer out;
  append_refusal(out, {.status = 403,
                       .title = {},
                       .detail = "this device is disabled",
                       .reason = "device_disabled",
                       .code = "K7Q2-9XPD"});
  gateway_.say(out);
  run();
  expect_end("device_disabled", Reconnect::Outcome::Refused);
  EXPECT_EQ(connection_->end()->failure.words, "this device is disabled");
  EXPECT_EQ(connection_->end()->failure.code, "K7Q2-9XPD");
}

TEST_F(GatewayConnectionTest, IsOverBeforeAnybodyAskedForItsEvents) {
  run();
  EXPECT_FALSE(connection_->is_over());
  ByteBuffer out;
  append_refusal(out, {.status = 503, .title = {}, .detail = "full", .reason = "no_address", .code = {}});
  gateway_.say(out);
  connection_->receive(scratch_, plaintext_, now_, [](const SuperPacket&) {});
  connection_->flush(now_.steady);
  EXPECT_TRUE(connection_->is_over());
  while (connection_->poll_event()) {
  }
  expect_end("no_address", Reconnect::Outcome::Lost);
}

TEST_F(GatewayConnectionTest, ComesBackSoonWhenTheGatewayIsOnlyBusy) {
  run();
  ByteBuffer out;
  append_refusal(out, {.status = 503, .title = {}, .detail = "full", .reason = "no_address", .code = {}});
  gateway_.say(out);
  run();
  expect_end("no_address", Reconnect::Outcome::Lost);
}

TEST_F(GatewayConnectionTest, RemembersWhyTheGatewayEndedTheSession) {
  come_online();
  ByteBuffer out;
  append_notice(out, EndingNotice{"device_revoked", "this device was revoked"});
  gateway_.say(out);
  gateway_.close();
  run();
  expect_end("device_revoked", Reconnect::Outcome::Refused);
}

TEST_F(GatewayConnectionTest, ComesBackSoonAfterARestartOfTheGateway) {
  come_online();
  ByteBuffer out;
  append_notice(out, EndingNotice{"gateway_shutdown", "stopping"});
  gateway_.say(out);
  gateway_.vanish();
  run();
  expect_end("gateway_shutdown", Reconnect::Outcome::Lost);
}

TEST_F(GatewayConnectionTest, TakesTheGatewaysWordForTheEndAndDoesNotWaitForTheClose) {
  come_online();
  ByteBuffer out;
  append_notice(out, EndingNotice{"superseded", "another session took over"});
  gateway_.say(out);
  run();
  expect_end("superseded", Reconnect::Outcome::Lost);
}

TEST_F(GatewayConnectionTest, ComesBackAsTheGatewaySaid) {
  struct Case {
    EndingNotice notice;
    Resume resume;
    Reconnect::Outcome outcome;
  };
  const Case cases[] = {
      {{"gateway_shutdown", "stopping", std::chrono::seconds{5}}, Resume::ByTime, Reconnect::Outcome::Lost},
      {{"idle", "nothing passed", {}}, Resume::WithTraffic, Reconnect::Outcome::Lost},
      {{"too_many_devices", "make room", {}}, Resume::WhenAsked, Reconnect::Outcome::Refused},
      {{"lifetime_over", "old", {}}, Resume::ByTime, Reconnect::Outcome::Lost}};
  for (const auto& each : cases) {
    const auto end = end_of(each.notice);
    EXPECT_EQ(end.resume, each.resume) << each.notice.reason;
    EXPECT_EQ(end.outcome, each.outcome) << each.notice.reason;
    EXPECT_EQ(end.return_within, each.notice.return_within) << each.notice.reason;
    EXPECT_EQ(end.failure.reason, each.notice.reason);
  }
}

TEST_F(GatewayConnectionTest, EndsWithAGatewayThatChangesKeysAllTheTimeHoweverMuchElseItSays) {
  come_online();
  ByteBuffer packet;
  append_datagram(packet, packet_to_laptop());
  for (std::uint64_t change = 0; change < KeyUpdateLimit::kMost; ++change) {
    gateway_.change_keys();
    gateway_.say(packet);
    run();
  }
  EXPECT_TRUE(connection_->is_online());
  EXPECT_EQ(packets_.size(), KeyUpdateLimit::kMost);
  gateway_.change_keys();
  run();
  expect_end("tls_failed", Reconnect::Outcome::Lost);
}

TEST_F(GatewayConnectionTest, TakesAVanishedGatewayForALostConnection) {
  come_online();
  gateway_.vanish();
  run();
  expect_end("session_ended", Reconnect::Outcome::Lost);
}

TEST_F(GatewayConnectionTest, GivesUpAHandshakeThatDoesNotEnd) {
  for (int i = 0; i < 100 && !connection_->end(); ++i) {
    ASSERT_TRUE(connection_->next_timeout());
    connection_->handle_timeout({*connection_->next_timeout(), now_.wall});
  }
  expect_end("handshake_timeout", Reconnect::Outcome::Lost);
  EXPECT_TRUE(connection_->take_stall()) << "smaller segments may do better";
}

TEST_F(GatewayConnectionTest, NoticesThatNothingComesThroughAnyMore) {
  come_online();
  connection_->send_packet(packet_to_office(), home_, now_.steady);
  connection_->flush(now_.steady);
  const TimePoint sent = now_.steady;
  for (int i = 0; i < 40 && !connection_->take_stall(); ++i) {
    ASSERT_TRUE(connection_->next_timeout());
    now_.steady = *connection_->next_timeout();
    connection_->handle_timeout(now_);
    connection_->flush(now_.steady);
  }
  EXPECT_LE(now_.steady - sent, std::chrono::seconds{2});
  EXPECT_GE(now_.steady - sent, std::chrono::milliseconds{1500});
  EXPECT_TRUE(connection_->is_stalled());
  EXPECT_FALSE(connection_->take_swallowed());
  EXPECT_FALSE(connection_->end()) << "what comes next may be worse";
}

TEST_F(GatewayConnectionTest, AsksASilentGatewayAndIsContentWithAnyAnswer) {
  come_online();
  gateway_.heard.clear();
  connection_->send_packet(packet_to_office(), home_, now_.steady);
  connection_->flush(now_.steady);
  now_.steady = *connection_->next_timeout();
  connection_->handle_timeout(now_);
  ByteBuffer question;
  append_probe(question, Probe{Probe::kFromClient | 1U});
  now_.steady += std::chrono::milliseconds{1};
  run();
  EXPECT_TRUE(gateway_.heard.ends_with(as_text(question))) << "a packet, and then the question";
  gateway_.say(question);
  run();
  gateway_.heard.clear();
  run();
  now_.steady += std::chrono::minutes{1};
  connection_->handle_timeout(now_);
  EXPECT_FALSE(connection_->take_stall());
  EXPECT_FALSE(connection_->next_timeout()) << "nothing waits for an answer";
  EXPECT_EQ(gateway_.heard, "") << "an answer is not answered";
}

TEST_F(GatewayConnectionTest, GivesUpAnUpgradeThatIsNotAnswered) {
  run();
  const TimePoint asked = now_.steady;
  while (!connection_->end() && now_.steady < asked + std::chrono::minutes{1}) {
    ASSERT_TRUE(connection_->next_timeout());
    ASSERT_GT(*connection_->next_timeout(), now_.steady) << "or it would never sleep";
    now_.steady = *connection_->next_timeout();
    connection_->handle_timeout(now_);
    run();
  }
  expect_end("session_ended", Reconnect::Outcome::Lost);
  EXPECT_EQ(now_.steady - asked, ClientSessionOptions{}.deadline);
  EXPECT_FALSE(connection_->take_swallowed()) << "the gateway had all of it";
}

class ForeignGateway : public GatewayConnectionTest {
 protected:
  ForeignGateway() {
    auto sockets = test::socket_pair();
    gateway_ = test::FakeGateway{std::move(sockets[0]), server_context_};
    auto engine = Engine::connect(pki_.client(pki_.device()), "other.example.com", wall_now());
    connection_.emplace(std::move(sockets[1]), std::move(*engine), "other.example.com", now_);
  }
};

TEST_F(ForeignGateway, IsNotAskedForATunnel) {
  run();
  expect_end("gateway_untrusted", Reconnect::Outcome::Refused);
  EXPECT_EQ(gateway_.heard, "");
}

}  // namespace
}  // namespace sallyport
