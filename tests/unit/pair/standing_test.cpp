#include "common/queue/egress.hpp"
#include "tests/support/conversation.hpp"

#include <gtest/gtest.h>

#include "tests/support/packets.hpp"

// What comes from the office while nobody hears a laptop's connection, and where it goes: docs/sessions.md.

namespace sallyport {
namespace {

using namespace test;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::string policy_for(const std::string& place, const std::string& more = {}) {
  return R"(
version = 1
[resources]
web = { net = ")" +
         place + R"(", ports = "443/tcp" }
[allow.web]
who = "everyone"
to  = "web"
)" + more;
}

ByteBuffer request() { return packet("10.99.0.2", "10.20.4.10", tcp(40000, 443, kSyn)); }
ByteBuffer part(std::uint32_t number) { return packet("10.20.4.10", "10.99.0.2", tcp(443, 40000, kAck, 1000, number)); }

/// A download on the first session, whose connection stands; a second one is on its way.
class Standing : public testing::Test {
 protected:
  Standing() {
    second.number = SessionId{2};
    second.is_held = true;
    first.run();
    first.laptop_sends(request());
    first.office_sends(part(1000));
    EXPECT_EQ(first.at_laptop.size(), 1U);
    way_.follow(PathSample{.resent = 1}, first.now().steady);
  }
  /// As Connection does while it stands.
  bool office_sends(std::uint32_t number) {
    const auto bytes = part(number);
    const auto admitted = first.gateway().admit(SuperPacket{bytes}, first.now());
    if (admitted) way_.hold(admitted->packet, 0, admitted->let_in, home_, first.now().steady);
    return admitted.has_value();
  }
  void let_go(Conversation& session, Egress& way) {
    while (const auto held = way.next(session.now().steady)) session.office_sent(held->packet, held->let_in);
  }
  /// The office repeats what it hears nothing of.
  void repeat() {
    for (const auto wait : {400, 800, 1600}) {
      first.pass_time(milliseconds{wait});
      second.pass_time(milliseconds{wait});
      EXPECT_TRUE(office_sends(2000));
    }
  }

  QueueHome home_{.pool = {}, .key = {1, 2}};
  Egress way_;
  Conversation first{policy_for("10.20.4.10")};
  Conversation second{policy_for("10.20.4.10")};
};

TEST_F(Standing, WhatTheOfficeRepeatedGoesByTheNextSessionAtOnce) {
  repeat();
  EXPECT_EQ(first.at_laptop.size(), 1U);
  second.run();
  second.take_over(first);
  Egress next;
  next.inherit(way_);
  let_go(second, next);
  EXPECT_EQ(second.at_laptop, (std::vector<ByteBuffer>{part(2000), part(2000), part(2000)}));
  EXPECT_EQ(next.counters(), (QueueCounters{.queued = 3}));
}

TEST_F(Standing, NothingIsLostAndAllInOrderWhenTheFirstGoesOn) {
  for (std::uint32_t i = 2; i <= 9; ++i) EXPECT_TRUE(office_sends(1000 * i));
  first.pass_time(seconds{3});
  way_.follow(PathSample{}, first.now().steady);
  let_go(first, way_);
  ASSERT_EQ(first.at_laptop.size(), 9U);
  for (std::uint32_t i = 1; i <= 9; ++i) EXPECT_EQ(first.at_laptop[i - 1], part(1000 * i)) << i;
}

TEST_F(Standing, ASessionOfAnotherPolicyJudgesItAgainAndRefusesIt) {
  repeat();
  second.replace_policy(policy_for("10.20.4.11"));
  second.run();
  second.take_over(first);
  Egress next;
  next.inherit(way_);
  let_go(second, next);
  EXPECT_TRUE(second.at_laptop.empty());
  EXPECT_TRUE(next.is_clear());
}

TEST_F(Standing, WhatPolicyTookAwayMeanwhileDoesNotGoOnEither) {
  repeat();
  first.replace_policy(policy_for("10.20.4.11"));
  way_.follow(PathSample{}, first.now().steady);
  let_go(first, way_);
  EXPECT_EQ(first.at_laptop.size(), 1U);
}

TEST_F(Standing, ARevokedSessionSendsNothingOfIt) {
  repeat();
  first.end(EndReason::DeviceRevoked);
  way_.follow(PathSample{}, first.now().steady);
  let_go(first, way_);
  EXPECT_EQ(first.at_laptop.size(), 1U);
}

TEST_F(Standing, ADecisionThatEndedWhileItWaitedCountsNoMore) {
  Conversation brief{policy_for("10.20.4.10", "until = " + format_utc(first.now().wall + seconds{2}) + '\n')};
  brief.run();
  brief.laptop_sends(request());
  const auto bytes = part(1000);
  const auto admitted = brief.gateway().admit(SuperPacket{bytes}, brief.now());
  ASSERT_TRUE(admitted);
  way_.hold(admitted->packet, 0, admitted->let_in, home_, brief.now().steady);
  brief.pass_time(seconds{3});
  let_go(brief, way_);
  EXPECT_TRUE(brief.at_laptop.empty());
}

}  // namespace
}  // namespace sallyport
