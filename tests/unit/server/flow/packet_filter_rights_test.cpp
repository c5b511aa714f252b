#include "server/flow/packet_filter.hpp"
#include "tests/unit/server/flow/filter_fixture.hpp"

namespace sallyport {
namespace {

using namespace test;

using PacketFilterRights = FilterTest;

constexpr std::string_view kOnlyLab = R"(
version = 1
[resources]
lab = { net = "10.30.0.0/16", ports = "any" }
[allow.ana]
who = "ana@example.com"
to  = "lab"
)";

TEST_F(PacketFilterRights, ANewGenerationCutsALiveFlowOnTheClientsNextPacket) {
  (void)from_client(to_web(kSyn));
  (void)from_office(from_web(kSyn | kAck));
  filter.replace_rights(rights_of(kOnlyLab));
  const auto judgement = from_client(to_web(kAck));
  EXPECT_EQ(judgement.action, Action::Refuse);
  EXPECT_EQ(judgement.reason, DropReason::Forbidden);
  EXPECT_EQ(filter.live_flows(now.steady), 0U);
}

TEST_F(PacketFilterRights, ANewGenerationCutsALiveFlowOnTheOfficesNextPacket) {
  (void)from_client(to_web(kSyn));
  (void)from_office(from_web(kSyn | kAck));
  filter.replace_rights(rights_of(kOnlyLab));
  const auto judgement = from_office(from_web(kAck));
  EXPECT_EQ(judgement.action, Action::Drop) << "the office is not told";
  EXPECT_EQ(judgement.reason, DropReason::Forbidden);
  EXPECT_EQ(to_string(judgement.destination), "10.20.4.10:443/tcp") << "the destination the client asked for";
  EXPECT_EQ(from_office(from_web(kAck)).reason, DropReason::NoFlow);
}

TEST_F(PacketFilterRights, ANewGenerationThatStillAllowsAFlowKeepsIt) {
  (void)from_client(to_web(kSyn));
  (void)from_client(packet(kLaptop, kLab, udp(1, 2)));
  filter.replace_rights(rights_of(kOnlyLab));
  EXPECT_EQ(from_office(packet(kLab, kLaptop, udp(2, 1))).action, Action::Pass);
  filter.replace_rights(rights_of(kUsualPolicy));
  EXPECT_EQ(from_office(from_web()).action, Action::Pass)
      << "nothing is scanned: what is allowed again before its next packet was never cut";
}

TEST_F(PacketFilterRights, LosingAllRightsCutsEverything) {
  (void)from_client(to_web(kSyn));
  (void)from_client(packet(kLaptop, kLab, udp(1, 2)));
  filter.replace_rights(nullptr);
  EXPECT_EQ(from_office(from_web()).reason, DropReason::Forbidden);
  EXPECT_EQ(from_client(packet(kLaptop, kLab, udp(1, 2))).action, Action::Refuse);
}

TEST_F(PacketFilterRights, AnExpiredDecisionCutsALiveFlowInBothDirections) {
  const WallTime end = now.wall + std::chrono::seconds{60};
  for (const bool office_first : {false, true}) {
    PacketFilter each{inside, rights_of(kUsualPolicy, end), FlowLimits{}};
    EXPECT_EQ(each.judge_from_client(to_web(kSyn), now).decision.valid_until, end);
    const Now last{now.steady, end - std::chrono::seconds{1}};
    EXPECT_EQ(each.judge_from_office(from_web(), last).action, Action::Pass);
    const Now after{now.steady, end};
    const auto judgement =
        office_first ? each.judge_from_office(from_web(), after) : each.judge_from_client(to_web(kAck), after);
    EXPECT_EQ(judgement.reason, DropReason::Forbidden);
    EXPECT_EQ(judgement.decision.reason, DecisionReason::CertificateExpired);
    EXPECT_EQ(each.live_flows(now.steady), 0U);
  }
}

TEST_F(PacketFilterRights, ARuleThatEndsCutsItsFlowsAtThatSecond) {
  filter.replace_rights(rights_of(R"(
version = 1
[resources]
web = { net = "10.20.4.10", ports = "443/tcp" }
[allow.ana]
who   = "ana@example.com"
to    = "web"
until = 2026-11-21T09:00:00Z
)"));
  ASSERT_EQ(from_client(to_web(kSyn)).action, Action::Pass);
  now.wall += std::chrono::minutes{60} - std::chrono::seconds{1};
  EXPECT_EQ(from_office(from_web()).action, Action::Pass);
  now.wall += std::chrono::seconds{1};
  EXPECT_EQ(from_office(from_web()).reason, DropReason::Forbidden);
  EXPECT_EQ(from_client(to_web()).decision.reason, DecisionReason::NoRule);
}

TEST_F(PacketFilterRights, AClockSetBackRevivesNothing) {
  const WallTime end = now.wall + std::chrono::hours{1};
  filter.replace_rights(rights_of(kUsualPolicy, end));
  (void)from_client(to_web(kSyn));
  now.wall = end;
  EXPECT_EQ(from_office(from_web()).reason, DropReason::Forbidden);
  now.wall = end - std::chrono::minutes{30};
  EXPECT_EQ(from_office(from_web()).reason, DropReason::NoFlow) << "the flow is gone";
}

TEST_F(PacketFilterRights, AClockSetBackHasEveryFlowJudgedAgain) {
  const auto first = fragment(packet(kLaptop, kWeb, udp(5000, 53, 100)), 7, 0, 64, true);
  const auto later = fragment(packet(kLaptop, kWeb, udp(5000, 53, 100)), 7, 64, 44, false);
  EXPECT_EQ(from_client(first).action, Action::Pass);
  now.wall -= std::chrono::hours{1};
  EXPECT_EQ(from_client(later).reason, DropReason::NoFirstFragment);
  EXPECT_EQ(from_client(packet(kLaptop, kWeb, udp(5000, 53))).action, Action::Pass);
}

TEST_F(PacketFilterRights, SaysWhatOtherRightsWouldCutAndChangesNothing) {
  const auto usual = rights_of(kUsualPolicy);
  const auto only_lab = rights_of(kOnlyLab);
  EXPECT_EQ(filter.impact_of(*usual, *only_lab, now), (FlowImpact{0, 0}));
  (void)from_client(to_web(kSyn, 40000));
  (void)from_client(to_web(kSyn, 40001));
  (void)from_client(packet(kLaptop, kLab, udp(1, 2)));
  EXPECT_EQ(filter.impact_of(*usual, *only_lab, now), (FlowImpact{3, 2}));
  EXPECT_EQ(filter.impact_of(*usual, *usual, now), (FlowImpact{3, 0}));
  EXPECT_EQ(filter.impact_of(*usual, *rights_of(kEmptyPolicy), now), (FlowImpact{3, 3}));
  EXPECT_EQ(filter.live_flows(now.steady), 3U);
  EXPECT_EQ(from_office(from_web(kAck, 40000)).action, Action::Pass);
  EXPECT_EQ(from_office(from_web(kAck, 40001)).action, Action::Pass);
}

TEST_F(PacketFilterRights, CountsNoFlowAsLostThatIsOverOrWasRefusedAlready) {
  const auto usual = rights_of(kUsualPolicy);
  const auto nothing = rights_of(kEmptyPolicy);
  (void)from_client(to_web(kSyn, 40000));
  (void)from_client(to_web(kFin | kAck, 40000));
  (void)from_office(from_web(kFin | kAck, 40000));
  EXPECT_EQ(filter.impact_of(*usual, *nothing, now), (FlowImpact{0, 0})) << "both ends closed it";
  (void)from_client(to_web(kSyn, 40001));
  (void)from_client(to_web(kRst, 40001));
  EXPECT_EQ(filter.impact_of(*usual, *nothing, now), (FlowImpact{0, 0})) << "reset";
  (void)from_client(packet(kLaptop, kWeb, udp(1, 53)));
  EXPECT_EQ(filter.impact_of(*usual, *nothing, now), (FlowImpact{1, 1}));
  EXPECT_EQ(filter.impact_of(*rights_of(kOnlyLab), *nothing, now), (FlowImpact{0, 0}))
      << "it would not pass its next packet anyway";
}

TEST_F(PacketFilterRights, CountsNoFlowThatTimeHasEnded) {
  const auto usual = rights_of(kUsualPolicy);
  const auto nothing = rights_of(kEmptyPolicy);
  (void)from_client(packet(kLaptop, kWeb, udp(1, 53)));
  EXPECT_EQ(filter.impact_of(*usual, *nothing, now), (FlowImpact{1, 1}));
  pass_time(FlowLimits{}.udp);
  EXPECT_EQ(filter.impact_of(*usual, *nothing, now), (FlowImpact{0, 0}));
}

TEST_F(PacketFilterRights, TheSessionThatTakesOverKeepsTheFlows) {
  (void)from_client(to_web(kSyn));
  PacketFilter newer{inside, rights_of(kUsualPolicy), FlowLimits{}};
  newer.adopt_flows(filter);
  EXPECT_EQ(newer.judge_from_office(from_web(), now).action, Action::Pass);
  EXPECT_EQ(from_office(from_web()).reason, DropReason::NoFlow) << "the older session has none left";
}

TEST_F(PacketFilterRights, TheSessionThatTakesOverJudgesEveryFlowAgain) {
  for (int generation = 0; generation < 5; ++generation) {
    ASSERT_EQ(from_client(to_web(kSyn)).action, Action::Pass);
    PacketFilter newer{inside, rights_of(kOnlyLab), FlowLimits{}};
    newer.adopt_flows(filter);
    EXPECT_EQ(newer.judge_from_office(from_web(), now).reason, DropReason::Forbidden) << generation;
    filter.replace_rights(rights_of(kUsualPolicy));
  }
}

TEST_F(PacketFilterRights, FlowsAreNotTakenOverToAnotherAddress) {
  (void)from_client(to_web(kSyn));
  PacketFilter newer{{address("10.99.0.9"), std::nullopt}, rights_of(kUsualPolicy), FlowLimits{}};
  newer.adopt_flows(filter);
  EXPECT_EQ(newer.live_flows(now.steady), 0U);
}

}  // namespace
}  // namespace sallyport
