#include "server/flow/packet_filter.hpp"

#include "server/flow/refusal_packet.hpp"
#include "tests/unit/server/flow/filter_fixture.hpp"

namespace sallyport {
namespace {

using namespace test;

using PacketFilterTest = FilterTest;

TEST_F(PacketFilterTest, PassesWhatPolicyAllowsAndItsReplies) {
  const auto out = from_client(to_web());
  EXPECT_EQ(out.action, Action::Pass);
  EXPECT_EQ(out.reason, DropReason::None);
  EXPECT_EQ(out.decision.reason, DecisionReason::Allowed);
  EXPECT_EQ(to_string(out.destination), "10.20.4.10:443/tcp");
  EXPECT_EQ(from_office(from_web(kSyn | kAck)).action, Action::Pass);
  EXPECT_EQ(from_client(packet(kLaptop6, kWeb6, udp(5000, 53))).action, Action::Pass);
  EXPECT_EQ(from_office(packet(kWeb6, kLaptop6, udp(53, 5000))).action, Action::Pass);
  EXPECT_EQ(filter.live_flows(now.steady), 2U);
}

TEST_F(PacketFilterTest, HandsOnThePacketWithoutTrailingOctets) {
  auto bytes = to_web();
  const auto exact = bytes.size();
  append(bytes, octets({1, 2, 3}));
  const auto judgement = from_client(bytes);
  EXPECT_EQ(judgement.packet.size(), exact);
  EXPECT_EQ(judgement.packet.data(), bytes.data());
}

TEST_F(PacketFilterTest, RefusesWhatPolicyForbidsAndSaysWhat) {
  const auto judgement = from_client(packet(kLaptop, kWeb, tcp(40000, 22, kSyn)));
  EXPECT_EQ(judgement.action, Action::Refuse);
  EXPECT_EQ(judgement.reason, DropReason::Forbidden);
  EXPECT_EQ(judgement.decision.reason, DecisionReason::NoRule);
  EXPECT_EQ(to_string(judgement.destination), "10.20.4.10:22/tcp");
  EXPECT_EQ(filter.live_flows(now.steady), 0U);
  EXPECT_TRUE(judgement.packet.empty());
}

TEST_F(PacketFilterTest, NoPolicyAndNoRightsLetNothingPass) {
  PacketFilter without_rules{inside, rights_of(kEmptyPolicy), FlowLimits{}};
  PacketFilter without_rights{inside, nullptr, FlowLimits{}};
  for (auto* each : {&without_rules, &without_rights}) {
    EXPECT_EQ(each->judge_from_client(to_web(), now).reason, DropReason::Forbidden);
    EXPECT_EQ(each->judge_from_client(to_web(), now).decision.reason, DecisionReason::NoPolicy);
    EXPECT_EQ(each->judge_from_office(from_web(), now).reason, DropReason::NoFlow);
    EXPECT_EQ(each->stats().passed_from_client, 0U);
  }
}

TEST_F(PacketFilterTest, DropsForeignSources) {
  for (const auto& bytes : {packet("10.99.0.3", kWeb, tcp(40000, 443, kSyn)), packet("0.0.0.0", kWeb, udp(1, 53)),
                            packet(kWeb, kLab, udp(1, 2)), packet("fd12::3", kWeb6, udp(5000, 53)),
                            packet("::", kWeb6, udp(5000, 53)), packet("fe80::1", kWeb6, udp(5000, 53))}) {
    const auto judgement = from_client(bytes);
    EXPECT_EQ(judgement.action, Action::Drop);
    EXPECT_EQ(judgement.reason, DropReason::ForeignSource);
  }
}

TEST_F(PacketFilterTest, AFamilyWithoutAnAddressCarriesNothing) {
  PacketFilter v4_only{{address(kLaptop), std::nullopt}, rights_of(kUsualPolicy), FlowLimits{}};
  EXPECT_EQ(v4_only.judge_from_client(packet(kLaptop6, kWeb6, udp(5000, 53)), now).reason, DropReason::ForeignSource);
  EXPECT_EQ(v4_only.judge_from_client(packet("::", kWeb6, udp(5000, 53)), now).reason, DropReason::ForeignSource);
  EXPECT_EQ(v4_only.judge_from_office(packet(kWeb6, kLaptop6, udp(53, 5000)), now).reason,
            DropReason::ForeignDestination);
}

TEST_F(PacketFilterTest, DropsAddressesNoTunnelReachesEvenWhenPolicyAllowsEverything) {
  filter.replace_rights(rights_of(R"(
version = 1
[resources]
all = { net = ["0.0.0.0/0", "::/0"], ports = "any" }
[allow.all]
who = "everyone"
to  = "all"
)"));
  const struct {
    std::string_view far;
    DropReason reason;
  } cases[] = {
      {"127.0.0.1", DropReason::Martian},     {"0.0.0.1", DropReason::Martian},
      {"240.0.0.1", DropReason::Martian},     {"255.255.255.255", DropReason::Martian},
      {kLaptop, DropReason::Martian},         {"169.254.169.254", DropReason::LinkLocal},
      {"224.0.0.251", DropReason::Multicast}, {"239.1.2.3", DropReason::Multicast},
      {"::1", DropReason::Martian},           {"::", DropReason::Martian},
      {kLaptop6, DropReason::Martian},        {"fe80::1", DropReason::LinkLocal},
      {"ff02::1", DropReason::Multicast},
  };
  for (const auto& [far, reason] : cases) {
    const auto ours = address(far).is_v4() ? kLaptop : kLaptop6;
    EXPECT_EQ(from_client(packet(ours, far, udp(5000, 53))).reason, reason) << far;
    EXPECT_EQ(from_office(packet(far, ours, udp(53, 5000))).reason, reason) << far;
  }
  ByteBuffer mapped_octets = zeros(10);
  append(mapped_octets, octets({0xff, 0xff, 10, 20, 4, 10}));
  const auto mapped = IpAddress::from_octets(mapped_octets);
  EXPECT_EQ(from_client(packet(address(kLaptop6), mapped, udp(5000, 53))).reason, DropReason::Martian);
  EXPECT_EQ(from_client(packet(kLaptop, "198.51.100.1", udp(5000, 53))).action, Action::Pass);
}

TEST_F(PacketFilterTest, DropsOfficePacketsForOthers) {
  (void)from_client(to_web());
  EXPECT_EQ(from_office(packet(kWeb, "10.99.0.3", tcp(443, 40000, kAck))).reason, DropReason::ForeignDestination);
}

TEST_F(PacketFilterTest, DropsWhatTheOfficeSendsUnasked) {
  (void)from_client(to_web());
  for (const auto& bytes : {packet(kWeb, kLaptop, tcp(443, 40001, kAck)), packet(kWeb, kLaptop, tcp(444, 40000, kAck)),
                            packet(kLab, kLaptop, tcp(443, 40000, kAck)), packet(kWeb, kLaptop, udp(443, 40000)),
                            packet(kWeb, kLaptop, echo(1, false, 7)), packet(kWeb, kLaptop, echo(1, true, 7))}) {
    const auto judgement = from_office(bytes);
    EXPECT_EQ(judgement.action, Action::Drop);
    EXPECT_EQ(judgement.reason, DropReason::NoFlow);
  }
}

TEST_F(PacketFilterTest, TheOfficeCannotOpenAConnectionOnAFlowThatIsOpen) {
  (void)from_client(to_web(kSyn));
  EXPECT_EQ(from_office(from_web(kSyn)).action, Action::Pass) << "simultaneous open";
  EXPECT_EQ(from_office(from_web(kSyn)).reason, DropReason::NoFlow);
  EXPECT_EQ(from_office(from_web(kAck)).action, Action::Pass);
}

TEST_F(PacketFilterTest, ASynWithDataIsASyn) {
  EXPECT_EQ(from_client(packet(kLaptop, kWeb, tcp(40000, 22, kSyn, 100))).action, Action::Refuse);
  EXPECT_EQ(from_client(packet(kLaptop, kWeb, tcp(40000, 443, kSyn, 100))).action, Action::Pass);
}

TEST_F(PacketFilterTest, ASegmentInTheMiddleOfAConnectionIsJudgedLikeItsFirst) {
  EXPECT_EQ(from_client(packet(kLaptop, kWeb, tcp(40000, 22, kAck, 100))).action, Action::Refuse);
  EXPECT_EQ(from_client(packet(kLaptop, kWeb, tcp(40000, 443, kAck, 100))).action, Action::Pass)
      << "the gateway may have been restarted";
}

TEST_F(PacketFilterTest, ForgetsAFlowThatWasSilentTooLong) {
  (void)from_client(packet(kLaptop, kWeb, udp(5000, 53)));
  pass_time(FlowLimits{}.udp - std::chrono::seconds{1});
  EXPECT_EQ(from_office(packet(kWeb, kLaptop, udp(53, 5000))).action, Action::Pass);
  pass_time(FlowLimits{}.udp);
  EXPECT_EQ(filter.live_flows(now.steady), 0U);
  EXPECT_EQ(from_office(packet(kWeb, kLaptop, udp(53, 5000))).reason, DropReason::NoFlow);
}

TEST_F(PacketFilterTest, PolicyThatNamesPortsHoldsForEveryOtherProtocolToo) {
  EXPECT_EQ(from_client(packet(kLaptop, kWeb, raw(47, zeros(40)))).action, Action::Refuse);
  EXPECT_EQ(from_client(packet(kLaptop, kWeb, raw(132, octets({0x9c, 0x40, 1, 0xbb, 0, 0, 0, 0})))).action,
            Action::Refuse);
  EXPECT_EQ(from_client(packet(kLaptop, kLab, raw(47, zeros(40)))).action, Action::Pass);
  EXPECT_EQ(from_office(packet(kLab, kLaptop, raw(47, zeros(40)))).action, Action::Pass);
}

TEST_F(PacketFilterTest, ExtensionHeadersHideNoPort) {
  const std::vector<Extension> options{{60, octets({0, 1, 4, 0, 0, 0, 0})}};
  EXPECT_EQ(from_client(packet(kLaptop6, kWeb6, tcp(40000, 22, kSyn), options)).action, Action::Refuse);
  EXPECT_EQ(from_client(packet(kLaptop6, kWeb6, tcp(40000, 443, kSyn), options)).action, Action::Pass);
}

TEST_F(PacketFilterTest, BrokenPacketsAreDroppedWithTheirReason) {
  auto checksum = to_web();
  checksum[8] = std::byte{1};
  const auto padding = octets({0, 1, 4, 0, 0, 0, 0});
  const struct {
    ByteBuffer bytes;
    DropReason reason;
  } cases[] = {
      {{}, DropReason::Malformed},
      {octets({0x50, 0, 0, 0}), DropReason::Malformed},
      {packet(kLaptop, kWeb, raw(6, zeros(10))), DropReason::Malformed},
      {checksum, DropReason::BadChecksum},
      {packet(kLaptop, kWeb, udp(1, 53), {}, octets({131, 7, 4, 10, 0, 0, 1, 0})), DropReason::SourceRouted},
      {packet(kLaptop6, kWeb6, udp(1, 53), {{43, zeros(7)}}), DropReason::SourceRouted},
      {packet(kLaptop6, kWeb6, udp(1, 53), std::vector<Extension>(9, {60, padding})), DropReason::ExtensionHeaders},
      {fragment(to_web(), 1, 0, 8, true), DropReason::TinyFragment},
      {fragment(to_web(), 1, 8, 12, false), DropReason::TinyFragment},
      {fragment(to_web(), 1, 16, 3, true), DropReason::BadFragment},
  };
  for (const auto& [bytes, reason] : cases) {
    const auto before = filter.stats().dropped(reason);
    EXPECT_EQ(from_client(bytes).reason, reason);
    EXPECT_EQ(from_office(bytes).reason, reason);
    EXPECT_EQ(filter.stats().dropped(reason), before + 2);
  }
}

TEST_F(PacketFilterTest, AnswersARefusedPacketOnTheWire) {
  const auto syn = packet(kLaptop, kWeb, tcp(40000, 22, kSyn));
  ByteBuffer buffer(kMaxRefusalSize);
  const auto size = write_refusal(syn, from_client(syn), buffer);
  const auto answer = PacketView::parse(Bytes{buffer}.first(size));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->tcp_flags(), kRst | kAck);
  EXPECT_EQ(answer->destination(), address(kLaptop));
  EXPECT_EQ(write_refusal(to_web(), from_client(to_web()), buffer), 0U) << "what passed is not answered";
}

TEST_F(PacketFilterTest, AnswersTwentyRefusalsAtOnceAndTenASecondAfter) {
  const auto forbidden = packet(kLaptop, kSecret, udp(5000, 53));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(from_client(forbidden).action, Action::Refuse) << i;
  const auto judgement = from_client(forbidden);
  EXPECT_EQ(judgement.action, Action::Drop);
  EXPECT_EQ(judgement.reason, DropReason::RateLimited);
  EXPECT_EQ(judgement.decision.reason, DecisionReason::NoRule) << "the session may still record it";
  pass_time(std::chrono::seconds{1});
  int answered = 0;
  for (int i = 0; i < 50; ++i) answered += from_client(forbidden).action == Action::Refuse ? 1 : 0;
  EXPECT_EQ(answered, 10);
  EXPECT_EQ(filter.stats().refused, 30U);
}

TEST_F(PacketFilterTest, NeverAnswersAReset) {
  for (int i = 0; i < 30; ++i) {
    const auto judgement = from_client(packet(kLaptop, kSecret, tcp(40000, 443, kRst)));
    EXPECT_EQ(judgement.action, Action::Drop);
    EXPECT_EQ(judgement.reason, DropReason::Forbidden);
  }
  EXPECT_EQ(from_client(packet(kLaptop, kSecret, udp(1, 2))).action, Action::Refuse) << "and it costs no answer";
}

TEST_F(PacketFilterTest, CountsEveryPacketOnce) {
  (void)from_client(to_web());
  (void)from_office(from_web());
  (void)from_client(packet(kLaptop, kSecret, udp(1, 2)));
  (void)from_office({});
  FilterStats sum = filter.stats();
  EXPECT_EQ(sum.passed_from_client, 1U);
  EXPECT_EQ(sum.passed_from_office, 1U);
  EXPECT_EQ(sum.refused, 1U);
  EXPECT_EQ(sum.dropped(DropReason::Forbidden), 1U);
  EXPECT_EQ(sum.dropped(DropReason::Malformed), 1U);
  EXPECT_EQ(sum.dropped(DropReason::None), 0U);
  sum += filter.stats();
  EXPECT_EQ(sum.dropped(DropReason::Forbidden), 2U);
}

TEST_F(PacketFilterTest, AFullTableForgetsTheOldestAndStillJudgesRight) {
  PacketFilter small{inside, rights_of(kUsualPolicy), FlowLimits{.max_flows = 16}};
  const Bytes none;
  for (std::uint16_t port = 1; port <= 200; ++port) {
    pass_time(std::chrono::milliseconds{1});
    ASSERT_EQ(small.judge_from_client(packet(kLaptop, kLab, udp(port, 9)), now).action, Action::Pass) << port;
    ASSERT_EQ(small.judge_from_office(packet(kLab, kLaptop, udp(9, port)), now).action, Action::Pass) << port;
  }
  EXPECT_LE(small.live_flows(now.steady), 16U);
  EXPECT_EQ(small.judge_from_office(packet(kLab, kLaptop, udp(9, 1)), now).reason, DropReason::NoFlow);
  EXPECT_EQ(small.judge_from_client(packet(kLaptop, kLab, udp(1, 9)), now).action, Action::Pass);
  EXPECT_EQ(small.judge_from_client(packet(kLaptop, kSecret, udp(1, 9)), now).action, Action::Refuse);
  EXPECT_EQ(small.judge_from_client(none, now).reason, DropReason::Malformed);
}

}  // namespace
}  // namespace sallyport
