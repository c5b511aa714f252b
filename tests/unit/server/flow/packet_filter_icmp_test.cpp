#include "server/flow/packet_filter.hpp"
#include "tests/unit/server/flow/filter_fixture.hpp"

namespace sallyport {
namespace {

using namespace test;

using PacketFilterIcmp = FilterTest;

constexpr std::string_view kRouter = "10.20.0.1";
constexpr std::string_view kRouter6 = "fd00:20::1";

TEST_F(PacketFilterIcmp, AnEchoOpensAFlowForItsOwnReplies) {
  EXPECT_EQ(from_client(packet(kLaptop, kWeb, echo(1, false, 7))).action, Action::Pass);
  EXPECT_EQ(from_office(packet(kWeb, kLaptop, echo(1, true, 7))).action, Action::Pass);
  EXPECT_EQ(from_office(packet(kWeb, kLaptop, echo(1, true, 8))).reason, DropReason::NoFlow);
  EXPECT_EQ(from_client(packet(kLaptop6, kWeb6, echo(58, false, 7))).action, Action::Pass);
  EXPECT_EQ(from_office(packet(kWeb6, kLaptop6, echo(58, true, 7))).action, Action::Pass);
  EXPECT_EQ(from_client(packet(kLaptop, kSecret, echo(1, false, 7))).action, Action::Refuse);
}

TEST_F(PacketFilterIcmp, TheClientAnswersNoEcho) {
  EXPECT_EQ(from_office(packet(kWeb, kLaptop, echo(1, false, 7))).reason, DropReason::NoFlow);
  EXPECT_EQ(from_client(packet(kLaptop, kWeb, echo(1, true, 7))).reason, DropReason::NoFlow);
}

TEST_F(PacketFilterIcmp, ErrorsFromAnyRouterReachTheFlowTheyQuote) {
  const auto segment = to_web(kAck);
  const auto datagram = packet(kLaptop6, kWeb6, udp(5000, 53, 1400));
  const auto ping = packet(kLaptop, kWeb, echo(1, false, 7));
  for (const auto* each : {&segment, &datagram, &ping}) ASSERT_EQ(from_client(*each).action, Action::Pass);
  EXPECT_EQ(from_office(packet(kRouter, kLaptop, icmp_error(1, 3, 4, segment, 28))).action, Action::Pass);
  EXPECT_EQ(from_office(packet(kRouter6, kLaptop6, icmp_error(58, 2, 0, datagram))).action, Action::Pass);
  EXPECT_EQ(from_office(packet(kRouter, kLaptop, icmp_error(1, 11, 0, ping))).action, Action::Pass);
}

TEST_F(PacketFilterIcmp, ErrorsThatQuoteAForeignFlowAreDropped) {
  (void)from_client(to_web());
  const struct {
    const char* name;
    ByteBuffer quoted;
  } cases[] = {
      {"other client port", to_web(kAck, 40001)},
      {"other office port", packet(kLaptop, kWeb, tcp(40000, 444, kAck))},
      {"other host", packet(kLaptop, kLab, tcp(40000, 443, kAck))},
      {"other protocol", packet(kLaptop, kWeb, udp(40000, 443))},
      {"another device", packet("10.99.0.3", kWeb, tcp(40000, 443, kAck))},
      {"the reverse direction", from_web(kAck)},
      {"an echo never sent", packet(kLaptop, kWeb, echo(1, false, 9))},
  };
  for (const auto& each : cases) {
    const auto judgement = from_office(packet(kRouter, kLaptop, icmp_error(1, 3, 1, each.quoted)));
    EXPECT_EQ(judgement.action, Action::Drop) << each.name;
    EXPECT_EQ(judgement.reason, DropReason::ForeignQuote) << each.name;
  }
}

TEST_F(PacketFilterIcmp, AnErrorAboutAnErrorIsDropped) {
  (void)from_client(to_web());
  const auto error = packet(kLaptop, kWeb, icmp_error(1, 3, 3, from_web()));
  EXPECT_EQ(from_office(packet(kRouter, kLaptop, icmp_error(1, 3, 1, error))).reason, DropReason::ForeignQuote);
}

TEST_F(PacketFilterIcmp, TheClientMayComplainOnlyToTheFarEndOfItsOwnFlow) {
  (void)from_client(packet(kLaptop, kWeb, udp(5000, 53)));
  const auto reply = packet(kWeb, kLaptop, udp(53, 5000));
  EXPECT_EQ(from_client(packet(kLaptop, kWeb, icmp_error(1, 3, 3, reply))).action, Action::Pass);
  EXPECT_EQ(from_client(packet(kLaptop, kSecret, icmp_error(1, 3, 3, reply))).reason, DropReason::ForeignQuote)
      << "an error must go back to where the quoted packet came from";
  const auto foreign = packet(kSecret, kLaptop, udp(53, 5000));
  EXPECT_EQ(from_client(packet(kLaptop, kSecret, icmp_error(1, 3, 3, foreign))).reason, DropReason::ForeignQuote);
  const auto elsewhere = packet(kWeb, "10.99.0.3", udp(53, 5000));
  EXPECT_EQ(from_client(packet(kLaptop, kWeb, icmp_error(1, 3, 3, elsewhere))).reason, DropReason::ForeignQuote);
}

TEST_F(PacketFilterIcmp, AnErrorIsJudgedByTheRightsOfTheFlowItQuotes) {
  (void)from_client(to_web());
  filter.replace_rights(rights_of(kEmptyPolicy));
  EXPECT_EQ(from_office(packet(kRouter, kLaptop, icmp_error(1, 3, 4, to_web()))).reason, DropReason::Forbidden);
  EXPECT_EQ(filter.live_flows(now.steady), 0U);
}

TEST_F(PacketFilterIcmp, AnErrorDoesNotKeepAFlowAlive) {
  (void)from_client(packet(kLaptop, kWeb, udp(5000, 53)));
  const auto error = packet(kRouter, kLaptop, icmp_error(1, 3, 4, packet(kLaptop, kWeb, udp(5000, 53))));
  pass_time(std::chrono::seconds{119});
  EXPECT_EQ(from_office(error).action, Action::Pass);
  pass_time(std::chrono::seconds{1});
  EXPECT_EQ(from_office(error).reason, DropReason::ForeignQuote);
}

TEST_F(PacketFilterIcmp, NothingElseOfIcmpIsCarried) {
  (void)from_client(to_web());
  const auto quoted = to_web();
  for (const auto& bytes :
       {packet(kLaptop, kWeb, icmp_error(1, 5, 1, quoted)), packet(kLaptop, kWeb, icmp_error(1, 4, 0, quoted)),
        packet(kLaptop, kLab, icmp(1, 13, 0, zeros(16))), packet(kLaptop, kLab, icmp(1, 10, 0, zeros(4))),
        packet(kLaptop6, kWeb6, icmp(58, 134, 0, zeros(12))), packet(kLaptop6, kWeb6, icmp(58, 135, 0, zeros(20))),
        packet(kLaptop6, kWeb6, icmp(58, 137, 0, zeros(36))), packet(kLaptop6, kWeb6, icmp(58, 100, 0, zeros(60)))}) {
    EXPECT_EQ(from_client(bytes).reason, DropReason::UnsupportedIcmp);
  }
  EXPECT_EQ(from_office(packet(kRouter, kLaptop, icmp_error(1, 5, 1, quoted))).reason, DropReason::UnsupportedIcmp);
}

TEST_F(PacketFilterIcmp, AFragmentedErrorIsDropped) {
  (void)from_client(to_web());
  const auto error = packet(kRouter, kLaptop, icmp_error(1, 3, 4, to_web(kAck)));
  EXPECT_EQ(from_office(fragment(error, 9, 0, 40, true)).reason, DropReason::ForeignQuote);
  EXPECT_EQ(from_office(fragment(error, 9, 40, 8, false)).reason, DropReason::NoFirstFragment);
}

}  // namespace
}  // namespace sallyport
