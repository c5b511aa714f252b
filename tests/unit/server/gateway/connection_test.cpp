#include "server/gateway/connection.hpp"

#include "client/session/session.hpp"
#include "common/wire/datagram.hpp"
#include "tests/support/conversation.hpp"
#include "tests/support/packets.hpp"
#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

namespace sallyport {
namespace {

using namespace test;

constexpr const char* kWeb = R"(
version = 1
[resources]
web = { net = "10.20.4.10", ports = "443/tcp" }
[allow.web]
who = "everyone"
to  = "web"
)";

/// One session on its worker's side, online and with a live flow; the laptop takes nothing unless it is told to.
class Connections : public testing::Test {
 protected:
  Connections() : device_{pki_.device("laptop")}, server_{pki_.server()}, client_{pki_.client(device_)} {
    first_ = connect(1);
  }

  struct Ends {
    std::unique_ptr<Connection> connection;
    FileDescriptor laptop;
  };
  Ends connect(std::uint64_t number, const char* device = "laptop") {
    TlsPair tls{server_, client_};
    tls.shake();
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    const PeerIdentity& peer = tls.server->peer();
    SessionGrant grant{.id = SessionId{number},
                       .device = DeviceId{device},
                       .user = peer.user,
                       .serial = peer.serial_hex,
                       .certificate_expires = peer.not_after,
                       .key_proved = now_.wall,
                       .source = address("198.51.100.2"),
                       .addresses = {.v4 = address("10.99.0.2"), .v6 = {}}};
    Ends made{std::make_unique<Connection>(
                  VerifiedConnection{FileDescriptor{ends[0]}, std::move(tls.server), address("198.51.100.2")},
                  Session{std::move(grant), policy_from(kWeb), now_}, now_.steady),
              FileDescriptor{ends[1]}};
    ClientSession laptop{{.authority = "vpn.example.com"}, now_};
    ByteBuffer said;
    laptop.start(said);
    tell(*made.connection, said);
    EXPECT_TRUE(made.connection->session().is_online());
    return made;
  }
  /// Plaintext from the laptop.
  void tell(Connection& connection, Bytes plaintext) {
    connection.session().receive(plaintext);
    while (connection.session().next_packet(now_, connection.plaintext())) {
    }
  }
  void open_flow(Connection& connection) {
    ByteBuffer said;
    append_datagram(said, packet("10.99.0.2", "10.20.4.10", tcp(40000, 443, kSyn)));
    tell(connection, said);
  }
  void office_sends() { first_.connection->take_inside(reply_, now_, home_); }
  /// The path of 40 ms loses something: acknowledgements go 10 ms apart.
  void lose_something() {
    const auto trip = std::chrono::milliseconds{40};
    (void)first_.connection->egress().pace().adapt(PathSample{.rtt = trip, .least_rtt = trip, .retransmitted = 1},
                                                   now_.steady);
  }
  static ByteBuffer ack(std::uint32_t number) {
    return packet("10.20.4.10", "10.99.0.2", tcp(443, 40000, kAck, 0, 1000, number));
  }
  /// The kernel sends again and again what nobody acknowledges.
  void stand(Ends& ends) { ends.connection->egress().follow(PathSample{.resent = 1}, now_.steady); }
  void fill() {
    open_flow(*first_.connection);
    while (first_.connection->egress().counters().queued < 40) office_sends();
    EXPECT_TRUE(first_.connection->wants_write());
  }
  /// The laptop takes what there is, and the gateway sends what there is room for.
  void let_go(Ends& ends) {
    for (int turn = 0; turn < 50; ++turn) {
      while (::recv(ends.laptop.get(), scratch_.data(), scratch_.size(), 0) > 0) {
      }
      ASSERT_TRUE(ends.connection->flush(now_));
    }
  }
  Session& session() { return first_.connection->session(); }
  std::uint64_t passed() { return first_.connection->session().traffic().packets_out; }

  Now now_{TimePoint{std::chrono::hours{1}}, wall_now()};
  TestPki pki_;
  TestIdentity device_;
  ServerContext server_;
  ClientContext client_;
  QueueHome home_{.pool = {}, .key = {1, 2}};
  Ends first_;
  ByteBuffer scratch_ = ByteBuffer(65536);
  const ByteBuffer reply_ = packet("10.20.4.10", "10.99.0.2", tcp(443, 40000, kAck, 1400));
};

TEST_F(Connections, KeepAQueueWithinItsBoundAndSendItOnceTheClientTakesIt) {
  open_flow(*first_.connection);
  for (int i = 0; i < 3000; ++i) {
    office_sends();
    ASSERT_LE(first_.connection->egress().waiting(), Egress::kMostWaiting);
  }
  const auto counted = first_.connection->egress().counters();
  EXPECT_GT(counted.dropped_limit, 0U);
  let_go(first_);
  EXPECT_TRUE(first_.connection->egress().is_clear());
  EXPECT_EQ(passed(), 3000 - counted.dropped_limit);
}

TEST_F(Connections, SpareAcknowledgementsWhereThePathLosesAndSendTheLastWhenItIsDue) {
  open_flow(*first_.connection);
  lose_something();
  const auto before = passed();
  for (const auto number : {1000U, 2000U, 3000U}) first_.connection->take_inside(ack(number), now_, home_);
  EXPECT_EQ(passed(), before + 1);
  EXPECT_EQ(first_.connection->ack_due(), now_.steady + std::chrono::milliseconds{10});
  first_.connection->take_due_ack(now_, home_);
  EXPECT_EQ(passed(), before + 1);
  now_.steady += std::chrono::milliseconds{10};
  first_.connection->take_due_ack(now_, home_);
  EXPECT_EQ(passed(), before + 2);
  EXPECT_EQ(first_.connection->ack_due(), std::nullopt);
  const auto sealed = as_text(first_.connection->plaintext());
  EXPECT_EQ(sealed.find(as_text(ack(2000))), std::string::npos);
  EXPECT_NE(sealed.find(as_text(ack(3000))), std::string::npos);
}

TEST_F(Connections, SendAnAcknowledgementThatWaitsBeforeWhatElseItsFlowSays) {
  open_flow(*first_.connection);
  lose_something();
  const auto before = passed();
  first_.connection->take_inside(ack(1000), now_, home_);
  first_.connection->take_inside(ack(2000), now_, home_);
  office_sends();
  EXPECT_EQ(passed(), before + 3);
  const auto sealed = as_text(first_.connection->plaintext());
  ASSERT_NE(sealed.find(as_text(ack(2000))), std::string::npos);
  EXPECT_LT(sealed.find(as_text(ack(2000))), sealed.find(as_text(reply_)));
}

TEST_F(Connections, QueueNothingForAFlowThatNobodyLetIn) {
  fill();
  const auto counted = first_.connection->egress().counters();
  first_.connection->take_inside(packet("10.20.4.10", "10.99.0.2", tcp(443, 40001, kAck)), now_, home_);
  EXPECT_EQ(first_.connection->egress().counters(), counted);
}

TEST_F(Connections, JudgeWhatWaitedByThePolicyThatCameMeanwhile) {
  fill();
  const auto before = passed();
  first_.connection->session().replace_policy(Policy::deny_all());
  let_go(first_);
  EXPECT_TRUE(first_.connection->egress().is_clear());
  EXPECT_EQ(passed(), before);
}

TEST_F(Connections, SendWhatWaitedByAPolicyThatStillLetsItThrough) {
  fill();
  const auto before = passed();
  first_.connection->session().replace_policy(policy_from(kWeb));
  let_go(first_);
  EXPECT_GE(passed(), before + 40);
}

TEST_F(Connections, SendNothingThatWaitedOnceTheSessionHasEnded) {
  fill();
  const auto before = passed();
  first_.connection->session().end(EndReason::DeviceRevoked, first_.connection->plaintext());
  let_go(first_);
  EXPECT_TRUE(first_.connection->egress().is_clear());
  EXPECT_EQ(passed(), before);
}

TEST_F(Connections, SendNothingThatWaitedOnceTheDecisionThatLetItInHasEnded) {
  constexpr auto kMinute = std::chrono::minutes{1};
  session().replace_policy(policy_from(kWeb + ("until = " + format_utc(now_.wall + kMinute)) + '\n'));
  fill();
  first_.connection->take_inside(fragment(reply_, 7, 0, 800, true), now_, home_);
  first_.connection->take_inside(fragment(reply_, 7, 800, 620, false), now_, home_);
  const auto before = passed();
  const auto generation = session().filter().generation();
  now_.steady += kMinute;
  now_.wall += kMinute;
  let_go(first_);
  EXPECT_TRUE(first_.connection->egress().is_clear());
  EXPECT_EQ(passed(), before);
  EXPECT_EQ(session().filter().generation(), generation) << "nothing else has said that it has ended";
}

TEST_F(Connections, SendWhatWaitedUpToTheLastSecondOfItsDecision) {
  constexpr auto kMinute = std::chrono::minutes{1};
  session().replace_policy(policy_from(kWeb + ("until = " + format_utc(now_.wall + kMinute)) + '\n'));
  fill();
  const auto waiting = first_.connection->egress().counters().queued;
  const auto before = passed();
  now_.wall += kMinute - std::chrono::seconds{1};
  now_.steady += kMinute - std::chrono::seconds{1};
  let_go(first_);
  const auto dropped = first_.connection->egress().counters().dropped_codel;
  EXPECT_EQ(passed(), before + waiting - dropped);
}

TEST_F(Connections, CountAPacketOnceThatIsJudgedAgain) {
  fill();
  session().replace_policy(policy_from(kWeb));
  let_go(first_);
  EXPECT_EQ(session().filter().stats().passed_from_office, passed());
  session().filter().flows().for_each_live(now_.steady, [this](const Flow& flow) {
    EXPECT_EQ(flow.traffic.packets_out, passed());
    EXPECT_EQ(flow.traffic.bytes_out, session().traffic().bytes_out);
  });
}

TEST_F(Connections, SendWhatWaitedForTheSessionThatTheyTookOverFrom) {
  fill();
  const auto waiting = first_.connection->egress().counters().queued;
  auto second = connect(2);
  second.connection->take_over(*first_.connection);
  EXPECT_TRUE(first_.connection->egress().is_clear());
  let_go(second);
  EXPECT_EQ(second.connection->session().traffic().packets_out, waiting);
}

TEST_F(Connections, JudgeAgainWhatWaitedForTheSessionBefore) {
  fill();
  auto second = connect(2);
  second.connection->session().replace_policy(Policy::deny_all());
  second.connection->take_over(*first_.connection);
  EXPECT_FALSE(second.connection->egress().is_clear());
  let_go(second);
  EXPECT_TRUE(second.connection->egress().is_clear());
  EXPECT_EQ(second.connection->session().traffic().packets_out, 0U);
}

/// An address may come to another device while the one before still says its last words.
TEST_F(Connections, LeaveWhatWaitedForAnotherDeviceWhereItIs) {
  fill();
  const auto before = passed();
  auto other = connect(2, "bo-laptop");
  other.connection->take_over(*first_.connection);
  EXPECT_TRUE(other.connection->egress().is_clear());
  let_go(first_);
  EXPECT_TRUE(first_.connection->egress().is_clear());
  EXPECT_EQ(passed(), before) << "and it goes nowhere";
}

TEST_F(Connections, HoldWhatComesWhileNobodyHearsThemAndSendItOnceSomebodyDoes) {
  open_flow(*first_.connection);
  const auto before = passed();
  office_sends();
  stand(first_);
  for (std::uint32_t i = 1; i <= 5; ++i) first_.connection->take_inside(ack(i), now_, home_);
  ASSERT_TRUE(first_.connection->flush(now_));
  EXPECT_EQ(passed(), before + 1) << "what was sealed before that goes";
  EXPECT_EQ(first_.connection->egress().counters(), (QueueCounters{.queued = 5, .held = 5}));
  EXPECT_EQ(first_.connection->next_due(now_), now_.steady + StandWatch::kShortestBeat);
  // The socket of this test is no TCP socket: of such nothing is known, and it goes on.
  now_.steady += StandWatch::kShortestBeat;
  let_go(first_);
  EXPECT_EQ(passed(), before + 6);
  EXPECT_TRUE(first_.connection->egress().is_clear());
  EXPECT_GT(first_.connection->next_due(now_), now_.steady + StandWatch::kLongestBeat);
}

TEST_F(Connections, LookWhetherTheyAreHeardWhenTheirLaptopSaysSomething) {
  open_flow(*first_.connection);
  ASSERT_TRUE(first_.connection->flush(now_));
  stand(first_);
  office_sends();
  ASSERT_TRUE(first_.connection->flush(now_));
  EXPECT_FALSE(first_.connection->egress().is_clear());
  ASSERT_EQ(::send(first_.laptop.get(), "x", 1, 0), 1);
  ASSERT_EQ(first_.connection->receive(scratch_), Connection::Input::Some);
  ASSERT_TRUE(first_.connection->flush(now_));
  EXPECT_TRUE(first_.connection->egress().is_clear());
}

TEST_F(Connections, KeepWhatTheyHoldHoweverLongNothingWasSent) {
  open_flow(*first_.connection);
  stand(first_);
  for (int i = 0; i < 3; ++i) office_sends();
  now_.steady += 2 * kIdleTime;
  first_.connection->release_idle_memory(now_.steady);
  EXPECT_FALSE(first_.connection->egress().is_clear());
  const auto before = passed();
  let_go(first_);
  EXPECT_EQ(passed(), before + 3);
}

TEST_F(Connections, DropAndCountWhatTheyHoldOnceTheSessionHasEnded) {
  open_flow(*first_.connection);
  const auto before = passed();
  stand(first_);
  for (int i = 0; i < 3; ++i) office_sends();
  session().end(EndReason::DeviceRevoked, first_.connection->plaintext());
  ASSERT_TRUE(first_.connection->flush(now_));
  EXPECT_EQ(first_.connection->egress().counters(), (QueueCounters{.queued = 3, .dropped_ended = 3, .held = 3}));
  EXPECT_EQ(passed(), before);
}

/// What is in the kernel is lost with the first connection, and nothing else.
TEST_F(Connections, SendWhatTheOneBeforeHeldWhileNobodyHeardItAheadOfWhatComes) {
  open_flow(*first_.connection);
  office_sends();
  ASSERT_TRUE(first_.connection->flush(now_));
  stand(first_);
  for (std::uint32_t i = 1; i <= 3; ++i) first_.connection->take_inside(ack(1000 * i), now_, home_);
  ASSERT_TRUE(first_.connection->flush(now_));
  now_.steady += std::chrono::seconds{3};
  auto second = connect(2);
  second.connection->take_over(*first_.connection);
  second.connection->take_inside(ack(4000), now_, home_);
  let_go(second);
  EXPECT_EQ(second.connection->session().traffic().packets_out, 4U);
  EXPECT_EQ(second.connection->egress().counters().queued, 4U) << "in the order in which they came";
  EXPECT_EQ(second.connection->egress().counters().dropped_codel, 0U);
}

TEST_F(Connections, HoldNoQueueWhileTheyAreIdle) {
  fill();
  let_go(first_);
  EXPECT_GT(home_.pool.kept(), 0U);
  now_.steady += kIdleTime;
  first_.connection->release_idle_memory(now_.steady);
  home_.pool.release_memory();
  EXPECT_EQ(home_.pool.kept(), 0U);
  EXPECT_EQ(first_.connection->egress().waiting(), 0U);
}

}  // namespace
}  // namespace sallyport
