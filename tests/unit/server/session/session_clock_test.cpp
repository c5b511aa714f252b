// What a wall clock that is set does to a session, and whose flows a session may take over.

#include "common/wire/datagram.hpp"
#include "server/session/session.hpp"
#include "tests/support/conversation.hpp"
#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace test;
using std::chrono::hours;
using std::chrono::seconds;

constexpr const char* kPolicy = R"(
version = 1
[resources]
web    = { net = "10.20.4.10", ports = "443/tcp" }
listed = { net = "10.20.4.11", ports = "443/tcp" }
proved = { net = "10.20.4.12", ports = "443/tcp" }
[allow.web]
who = "everyone"
to  = "web"
[allow.listed]
who = "everyone"
to  = "listed"
revocation_age = "2h"
[allow.proved]
who = "everyone"
to  = "proved"
proof_age = "2h"
)";
constexpr const char* kWeb = "10.20.4.10";
constexpr const char* kListed = "10.20.4.11";
constexpr const char* kProved = "10.20.4.12";

class SessionClock : public testing::Test {
 protected:
  SessionGrant grant(const char* device = "laptop", const char* user = "ana@example.com") const {
    return SessionGrant{.id = SessionId{7},
                        .device = DeviceId{device},
                        .user = UserId{user},
                        .serial = "0a",
                        .certificate_expires = now.wall + hours{2},
                        .key_proved = now.wall,
                        .user_proved = now.wall,
                        .revocation_as_of = now.wall,
                        .source = *IpAddress::parse("198.51.100.2"),
                        .addresses = {.v4 = IpAddress::parse("10.99.0.2"), .v6 = {}}};
  }
  Session online(SessionGrant with) {
    Session session{std::move(with), policy, now};
    go_online(session);
    return session;
  }
  void go_online(Session& session) {
    constexpr std::string_view kRequest =
        "GET /.well-known/masque/ip/*/*/ HTTP/1.1\r\nHost: vpn.example.com\r\nConnection: Upgrade\r\n"
        "Upgrade: connect-ip\r\nCapsule-Protocol: ?1\r\n\r\n";
    session.receive(as_bytes(kRequest));
    EXPECT_FALSE(session.next_packet(now, out).has_value());
    EXPECT_TRUE(session.is_online());
  }
  bool reaches(Session& session, const char* place) {
    ByteBuffer capsule;
    append_datagram(capsule, packet("10.99.0.2", place, tcp(40'000, 443, kSyn)));
    session.receive(capsule);
    return session.next_packet(now, out).has_value();
  }
  bool is_answered(Session& session, const char* place) {
    const auto before = session.traffic().packets_out;
    session.send_packet(packet(place, "10.99.0.2", tcp(443, 40'000, kAck)), now, out);
    return session.traffic().packets_out != before;
  }
  void pass(seconds time) { now = {now.steady + time, now.wall + time}; }
  void set_clock(seconds by) { now.wall += by; }
  bool has_ended(Session& session) {
    session.handle_timeout(now, out);
    return session.has_ended();
  }

  Now now{TimePoint{hours{1}}, WallTime{hours{500'000}}};
  std::shared_ptr<const Policy> policy = policy_from(kPolicy);
  ByteBuffer out;
};

TEST_F(SessionClock, AClockThatIsSetBackStretchesNoCertificate) {
  auto session = online(grant());
  set_clock(-hours{1});
  EXPECT_FALSE(has_ended(session));
  pass(hours{2} - seconds{1});
  EXPECT_TRUE(reaches(session, kWeb));
  pass(seconds{1});
  EXPECT_FALSE(reaches(session, kWeb)) << "at once, whether anybody looked at deadlines or not";
  EXPECT_TRUE(has_ended(session));
}

TEST_F(SessionClock, AnHourForwardAndBackLeavesTheEndWhereItWas) {
  auto session = online(grant());
  set_clock(hours{1});
  EXPECT_FALSE(has_ended(session));
  set_clock(-hours{1});
  EXPECT_FALSE(has_ended(session));
  EXPECT_TRUE(reaches(session, kWeb));
  pass(hours{1});
  EXPECT_TRUE(has_ended(session)) << "it was that late already";
}

TEST_F(SessionClock, BeyondTheEndAndBackIsTheEnd) {
  auto session = online(grant());
  set_clock(hours{87'600});
  EXPECT_FALSE(reaches(session, kWeb));
  set_clock(-hours{87'600});
  EXPECT_FALSE(reaches(session, kWeb));
  EXPECT_TRUE(has_ended(session));
}

TEST_F(SessionClock, ARevocationListGetsNoYoungerByAClockThatIsSetBack) {
  auto with = grant();
  with.certificate_expires += hours{100};
  auto session = online(with);
  pass(hours{1} + seconds{1});
  EXPECT_TRUE(reaches(session, kListed));
  set_clock(-hours{1});
  EXPECT_TRUE(reaches(session, kListed));
  pass(hours{1});
  EXPECT_FALSE(reaches(session, kListed));
  session.note_revocation(now.wall + hours{1});
  EXPECT_TRUE(reaches(session, kListed)) << "a list of now, by the time that it is";
}

/// The steady clock of a gateway goes on meanwhile, and so does the wall clock.
TEST_F(SessionClock, WhatWasProvedIsAsOldAsItIsAfterTheMachineWasSuspended) {
  auto with = grant();
  with.certificate_expires += hours{100};
  auto session = online(with);
  EXPECT_TRUE(reaches(session, kProved));
  pass(hours{2} + seconds{1});
  EXPECT_FALSE(reaches(session, kProved)) << "with the first packet afterwards";
  EXPECT_TRUE(reaches(session, kWeb));
}

TEST_F(SessionClock, ARevocationListThatCannotBeReadIsNoneOfAnyAge) {
  auto session = online(grant());
  EXPECT_TRUE(reaches(session, kListed));
  session.note_revocation(std::nullopt);
  EXPECT_FALSE(reaches(session, kListed)) << "also what is open already";
  EXPECT_TRUE(reaches(session, kWeb)) << "where nobody asks for its age";
  session.note_revocation(now.wall);
  EXPECT_TRUE(reaches(session, kListed));
}

TEST_F(SessionClock, BeginsWithDatesAsOldAsTheyAreWhenTheClockIsBehind) {
  auto with = grant();
  with.clock_behind = hours{1};
  set_clock(-hours{1});
  auto session = online(with);
  EXPECT_TRUE(reaches(session, kListed));
  EXPECT_TRUE(reaches(session, kProved));
  pass(hours{2} - seconds{1});
  EXPECT_TRUE(reaches(session, kProved));
  pass(seconds{1});
  EXPECT_FALSE(reaches(session, kListed));
  EXPECT_FALSE(reaches(session, kProved));
  EXPECT_FALSE(reaches(session, kWeb)) << "the certificate has ended";
}

TEST_F(SessionClock, TakesOverTheFlowsOfItsOwnDeviceAndPerson) {
  auto older = online(grant());
  ASSERT_TRUE(reaches(older, kWeb));
  Session newer{grant(), policy, now};
  newer.take_over(older, out);
  go_online(newer);
  EXPECT_TRUE(is_answered(newer, kWeb));
}

/// An address may come to another device while the one before still says its last words.
TEST_F(SessionClock, TakesNothingOverFromAnotherDeviceOrPerson) {
  for (const auto& other : {grant("other"), grant("laptop", "bo@example.com")}) {
    auto older = online(other);
    ASSERT_TRUE(reaches(older, kWeb));
    Session newer{grant(), policy, now};
    newer.take_over(older, out);
    go_online(newer);
    EXPECT_FALSE(is_answered(newer, kWeb)) << "an answer to what somebody else asked";
    EXPECT_TRUE(reaches(newer, kWeb));
  }
}

}  // namespace
}  // namespace sallyport
