#include "common/wire/address_request.hpp"
#include "common/wire/capsule.hpp"
#include "common/wire/posture_request.hpp"
#include "common/wire/proof.hpp"
#include "common/wire/why.hpp"
#include "tests/support/conversation.hpp"
#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr const char* kPolicy = R"(
version = 1
[resources]
web  = { net = "10.20.4.10", ports = "443/tcp" }
desk = { net = "10.20.4.11", ports = "any" }
[allow.web]
who = "everyone"
to  = "web"
[allow.desk]
who = "everyone"
to  = "desk"
log = "flows"
[deny.soon]
who     = "everyone"
to      = "web"
rollout = "shadow"
)";
constexpr const char* kWithoutShadow = R"(
version = 1
[resources]
web  = { net = "10.20.4.10", ports = "443/tcp" }
[allow.web]
who = "everyone"
to  = "web"
)";

constexpr const char* kWideOpen = R"(
version = 1
[resources]
all = { net = "10.20.0.0/16", ports = "any" }
[allow.all]
who = "everyone"
to  = "all"
)";

/// One session that is online, and what it tells of its decisions.
class Decisions : public testing::Test {
 protected:
  explicit Decisions(const char* policy = kPolicy) : talk_{policy} { talk_.run(); }

  void watch(bool keep, bool trace) { talk_.gateway().watch({.keep = keep, .trace = trace}); }
  void open(const char* to, std::uint16_t port, std::uint16_t far_port = 443) {
    talk_.laptop_sends(packet("10.99.0.2", to, udp(port, far_port, 100)));
    talk_.run();
  }
  void open_tcp(const char* to, std::uint16_t port) {
    talk_.laptop_sends(packet("10.99.0.2", to, tcp(port, 443, kSyn)));
    talk_.run();
  }
  /// All parts.
  std::vector<DecisionEvent> drain() {
    std::vector<DecisionEvent> all;
    for (int i = 0; i < 100 && talk_.gateway().has_decisions(); ++i) {
      for (auto& each : take()) all.push_back(std::move(each));
    }
    return all;
  }
  std::vector<DecisionEvent> take() { return talk_.gateway().take_decisions(talk_.now()); }
  /// In which the gateway has read nothing yet.
  [[nodiscard]] Now next_second() const { return {talk_.now().steady + 1s, talk_.now().wall + 1s}; }

  Conversation talk_;
};

class DecisionsWithoutShadow : public Decisions {
 protected:
  DecisionsWithoutShadow() : Decisions{kWithoutShadow} {}
};

/// What the gateway sends when its client says all of `stream` at once.
std::vector<CapsuleType> answers_to(Session& gateway, const ByteBuffer& stream, Now now) {
  ByteBuffer out;
  gateway.receive(stream);
  while (gateway.next_packet(now, out)) {
  }
  std::vector<CapsuleType> types;
  CapsuleReader reader;
  reader.feed(out);
  for (auto capsule = reader.next(); capsule && *capsule; capsule = reader.next()) types.push_back((*capsule)->type);
  return types;
}

void append_many(ByteBuffer& stream, CapsuleType type, int count) {
  for (int i = 0; i < count; ++i) append_capsule(stream, type, {});
}

TEST_F(Decisions, AreAskedForAHundredTimesASecondAtMost) {
  constexpr std::uint64_t kAsked = 2000;
  ByteBuffer stream;
  for (std::uint64_t id = 0; id < kAsked; ++id) append_why_request(stream, WhyRequest{id, "10.66.0.1:80/tcp"});
  const auto lost = talk_.gateway().losses();
  const auto answers = answers_to(talk_.gateway(), stream, next_second());
  EXPECT_EQ(answers, std::vector<CapsuleType>(DecisionRecorder::kReadPerSecond, CapsuleType::Why));
  EXPECT_FALSE(talk_.gateway().has_ended()) << "what is too much is not read, and ends nothing";
  EXPECT_EQ(talk_.gateway().losses().unread - lost.unread, kAsked - DecisionRecorder::kReadPerSecond);
  EXPECT_LE(talk_.gateway().losses().denials - lost.denials, DecisionRecorder::kReadPerSecond)
      << "losses of what was read alone";
  Now later = next_second();
  later.steady += 1s;
  later.wall += 1s;
  EXPECT_EQ(answers_to(talk_.gateway(), stream, later).size(), std::size_t{DecisionRecorder::kReadPerSecond});
}

TEST_F(Decisions, ShareThatNumberWithAllOtherMessagesThatAreRead) {
  ByteBuffer stream;
  for (int i = 0; i < 200; ++i) append_proof_request(stream);
  for (int i = 0; i < 200; ++i)
    append_capsule(stream, CapsuleType::Posture, as_bytes("{\"v\":1,\"want\":\"nothing\"}"));
  for (int i = 0; i < 200; ++i) append_capsule(stream, CapsuleType::Authorities, as_bytes("{\"v\":1}"));
  append_many(stream, CapsuleType::AddressAssign, 200);
  append_many(stream, CapsuleType::RouteAdvertisement, 200);
  const auto lost = talk_.gateway().losses();
  (void)answers_to(talk_.gateway(), stream, next_second());
  EXPECT_FALSE(talk_.gateway().has_ended());
  EXPECT_EQ(talk_.gateway().losses().unread - lost.unread, 1000U - DecisionRecorder::kReadPerSecond);
  EXPECT_EQ(talk_.gateway().losses().denials, lost.denials);
}

TEST_F(Decisions, EndWithAClientThatAsksForAddressesMoreOftenThanIsRead) {
  ByteBuffer request;
  append_address_request(request, std::vector<RequestedAddress>{{1, IpPrefix::host(*IpAddress::parse("0.0.0.0"))}});
  ByteBuffer stream;
  for (std::uint32_t i = 0; i < DecisionRecorder::kReadPerSecond; ++i)
    stream.insert(stream.end(), request.begin(), request.end());
  const auto answers = answers_to(talk_.gateway(), stream, next_second());
  EXPECT_EQ(answers, std::vector<CapsuleType>(DecisionRecorder::kReadPerSecond, CapsuleType::AddressAssign));
  EXPECT_FALSE(talk_.gateway().has_ended());
  EXPECT_EQ(answers_to(talk_.gateway(), request, next_second()), std::vector<CapsuleType>{CapsuleType::Notice});
  EXPECT_TRUE(talk_.gateway().has_ended());
}

TEST_F(Decisions, TellsNothingToNobody) {
  open_tcp("10.20.4.10", 40000);
  open("10.66.0.1", 40000);
  EXPECT_FALSE(talk_.gateway().has_decisions());
}

TEST_F(DecisionsWithoutShadow, KeepsOneLineOfADestinationAnHour) {
  watch(true, false);
  for (std::uint16_t port = 40000; port < 40010; ++port) open_tcp("10.20.4.10", port);
  auto events = take();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, DecisionKind::Opened);
  EXPECT_TRUE(events[0].is_kept);
  EXPECT_EQ(events[0].policy->rule(events[0].decision.rule)->name, "web");
  EXPECT_EQ(events[0].evidence->user.text(), talk_.gateway().grant().user.text());
  talk_.pass_time(1h);
  open_tcp("10.20.4.10", 40020);
  EXPECT_EQ(take().size(), 1U);
}

TEST_F(DecisionsWithoutShadow, ShowsEveryFlowToATraceAndKeepsNoneForIt) {
  watch(false, true);
  for (std::uint16_t port = 40000; port < 40010; ++port) open_tcp("10.20.4.10", port);
  const auto events = take();
  ASSERT_EQ(events.size(), 10U);
  for (const auto& event : events) EXPECT_FALSE(event.is_kept);
}

TEST_F(Decisions, KeepsEveryAnswerThatARuleInShadowWouldTurn) {
  watch(true, false);
  open_tcp("10.20.4.10", 40000);
  open_tcp("10.20.4.10", 40001);
  const auto events = take();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].policy->rule(events[1].decision.shadow)->name, "soon");
  EXPECT_TRUE(events[1].decision.allows());
}

TEST_F(Decisions, TellsTheStartAndTheEndOfALoggedFlowWithItsOctets) {
  watch(true, false);
  open("10.20.4.11", 40000, 5000);
  talk_.office_sends(packet("10.20.4.11", "10.99.0.2", udp(5000, 40000, 300)));
  talk_.run();
  auto events = take();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].client_port, 40000);
  talk_.end(EndReason::EndedByAdmin);
  ASSERT_TRUE(talk_.gateway().has_decisions());
  events = take();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, DecisionKind::Ended);
  EXPECT_EQ(events[0].end, FlowEnd::SessionEnded);
  EXPECT_EQ(events[0].traffic, (FlowTraffic{1, 128, 1, 328}));
  EXPECT_EQ(events[0].policy->rule(events[0].decision.rule)->name, "desk");
}

TEST_F(Decisions, NoticesALoggedFlowThatFellSilent) {
  watch(true, false);
  open("10.20.4.11", 40000, 5000);
  const auto begun = take().at(0).time;
  talk_.pass_time(3min);
  const auto events = take();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].end, FlowEnd::Silent);
  EXPECT_EQ(events[0].time, begun);
}

TEST_F(Decisions, TellsAFlowThatANewPolicyEndsOnceAndAsRefusedWithACode) {
  watch(true, false);
  open("10.20.4.11", 40000, 5000);
  (void)take();
  talk_.replace_policy(kWithoutShadow);
  open("10.20.4.11", 40000, 5000);
  const auto events = take();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].kind, DecisionKind::Ended);
  EXPECT_EQ(events[0].end, FlowEnd::NoLongerAllowed);
  EXPECT_EQ(events[0].traffic.packets_in, 1U);
  EXPECT_EQ(events[1].kind, DecisionKind::Refused);
  EXPECT_EQ(events[1].code.size(), 9U);
}

TEST_F(Decisions, CountsWhatAFloodLeavesUnrecorded) {
  watch(true, false);
  for (std::uint16_t port = 1; port <= 200; ++port) open("10.20.4.11", 40000, port);
  EXPECT_EQ(take().size(), DecisionRecorder::kKeptPerSecond);
  EXPECT_EQ(talk_.gateway().losses().decisions, 200U - DecisionRecorder::kKeptPerSecond);
  talk_.end(EndReason::EndedByAdmin);
  EXPECT_EQ(drain().size(), DecisionRecorder::kKeptPerSecond) << "an end for each start, and none without one";
  EXPECT_TRUE(talk_.gateway().has_losses(talk_.now()));
}

TEST_F(Decisions, TellsTheEndsOfAllLoggedFlowsOfASessionThatEnds) {
  watch(true, false);
  for (std::uint16_t port = 1; port <= 600; ++port) {
    open("10.20.4.11", 40000, port);
    if (port % 20 != 0) continue;
    EXPECT_EQ(drain().size(), 20U);
    talk_.pass_time(1s);
  }
  talk_.end(EndReason::EndedByAdmin);
  const auto ends = drain();
  EXPECT_EQ(ends.size(), 600U);
  for (const auto& each : ends) {
    EXPECT_EQ(each.kind, DecisionKind::Ended);
    EXPECT_EQ(each.traffic.bytes_in, 128U);
  }
  EXPECT_FALSE(talk_.gateway().losses().any());
}

TEST_F(Decisions, RecordsADestinationLaterThatAFloodLeftUnrecorded) {
  watch(true, false);
  talk_.replace_policy(kWideOpen);
  for (std::uint16_t port = 1; port <= 60; ++port) open("10.20.4.10", 40000, port);
  EXPECT_EQ(drain().size(), DecisionRecorder::kKeptPerSecond);
  talk_.pass_time(1s);
  for (std::uint16_t port = 1; port <= 60; ++port) open("10.20.4.10", 40001, port);
  const auto later = drain();
  const auto was_lost = [](const auto& each) { return each.destination.port > DecisionRecorder::kKeptPerSecond; };
  EXPECT_EQ(std::count_if(later.begin(), later.end(), was_lost), 10);
}

TEST_F(Decisions, NamesAtTheEndTheRuleAndThePolicyThatLetTheFlowIn) {
  watch(true, false);
  open("10.20.4.11", 40000, 5000);
  const auto begun = take().at(0);
  talk_.replace_policy(kWideOpen);
  open("10.20.4.11", 40000, 5000);
  talk_.end(EndReason::EndedByAdmin);
  const auto ended = drain();
  ASSERT_EQ(ended.size(), 1U);
  ASSERT_NE(ended[0].origin, nullptr);
  EXPECT_EQ(ended[0].origin->policy, begun.policy->hash());
  ASSERT_TRUE(ended[0].origin->rule);
  EXPECT_EQ(ended[0].origin->rule->name, "desk");
  EXPECT_EQ(ended[0].traffic.packets_in, 2U);
}

TEST_F(Decisions, TellsRefusedFlowsWhateverTheClientAsksBesides) {
  watch(true, false);
  for (int i = 0; i < 30; ++i) talk_.ask_why("10.66.0.1:80");
  EXPECT_EQ(drain().size(), DecisionRecorder::kQuestionsPerSecond);
  open_tcp("10.66.0.1", 40000);
  const auto events = drain();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].destination.port, 443);
  EXPECT_EQ(talk_.gateway().losses().denials, 30U - DecisionRecorder::kQuestionsPerSecond);
}

TEST_F(Decisions, TellsARefusalWithTheMomentOfItsDecision) {
  open_tcp("10.66.0.1", 40000);
  const auto decided = talk_.now().wall;
  const auto* denied = talk_.gateway_event<Session::Denied>();
  ASSERT_NE(denied, nullptr);
  talk_.pass_time(5s);
  EXPECT_EQ(denied->time, decided);
}

}  // namespace
}  // namespace sallyport
