#include "tests/support/conversation.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/wire/address_request.hpp"
#include "common/wire/datagram.hpp"
#include "tests/support/packets.hpp"

namespace sallyport {
namespace {

using namespace test;

constexpr const char* kPolicy = R"(
version = 1
[resources]
web = { net = ["10.20.4.10", "fd00:20::10"], ports = "443/tcp" }
[allow.ana-web]
who = "ana@example.com"
to  = "web"
)";
constexpr const char* kEmptyPolicy = "version = 1\n";

constexpr const char* kLaptop = "10.99.0.2";
constexpr const char* kOffice = "10.20.4.10";

ByteBuffer request() { return packet(kLaptop, kOffice, tcp(40000, 443, kSyn)); }
ByteBuffer reply() { return packet(kOffice, kLaptop, tcp(443, 40000, kSyn | kAck)); }
ByteBuffer forbidden() { return packet(kLaptop, kOffice, tcp(40000, 25, kSyn)); }

TEST(Conversation, BringsTheClientOnlineWithItsAddressesAndTheRoutesOfItsPolicy) {
  Conversation talk{kPolicy};
  talk.run();
  ASSERT_NE(talk.client_event<Online>(), nullptr);
  EXPECT_EQ(talk.client_event<Online>()->addresses,
            (std::vector{IpPrefix::parse("10.99.0.2/32").value(), IpPrefix::parse("fd12::2/128").value()}));
  ASSERT_NE(talk.client_event<RoutesChanged>(), nullptr);
  const auto& routes = talk.client_event<RoutesChanged>()->routes;
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0].range, (IpRange{address(kOffice), address(kOffice)}));
  EXPECT_NE(talk.gateway_event<Session::Started>(), nullptr);
}

TEST(Conversation, CarriesAnAllowedPacketThereAndItsReplyBack) {
  Conversation talk{kPolicy};
  talk.run();
  talk.laptop_sends(request());
  EXPECT_EQ(talk.at_office, (std::vector<ByteBuffer>{request()}));
  talk.office_sends(reply());
  EXPECT_EQ(talk.at_laptop, (std::vector<ByteBuffer>{reply()}));
}

TEST(Conversation, PassesNothingThatTheClientDidNotAskFor) {
  Conversation talk{kPolicy};
  talk.run();
  talk.office_sends(reply());
  EXPECT_TRUE(talk.at_laptop.empty());
}

TEST(Conversation, AnswersAForbiddenPacketAtOnceAndTellsTheClientWhy) {
  Conversation talk{kPolicy};
  talk.run();
  talk.laptop_sends(forbidden());
  EXPECT_TRUE(talk.at_office.empty());
  ASSERT_EQ(talk.at_laptop.size(), 1U);
  const auto answer = PacketView::parse(talk.at_laptop[0]);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->tcp_flags() & kRst, kRst);
  ASSERT_NE(talk.client_event<DeniedNotice>(), nullptr);
  EXPECT_EQ(talk.client_event<DeniedNotice>()->to, "10.20.4.10:25/tcp");
  ASSERT_NE(talk.gateway_event<Session::Denied>(), nullptr);
  EXPECT_EQ(talk.gateway_event<Session::Denied>()->code, talk.client_event<DeniedNotice>()->code);
}

TEST(Conversation, TellsOfAtMostTenRefusalsASecondAndOfMoreInTheNext) {
  Conversation talk{kPolicy};
  talk.run();
  const auto told = [&talk] {
    return std::count_if(talk.client_events.begin(), talk.client_events.end(),
                         [](const auto& event) { return std::holds_alternative<DeniedNotice>(event); });
  };
  for (int i = 0; i < 40; ++i) talk.laptop_sends(forbidden());
  EXPECT_EQ(told(), 10);
  talk.pass_time(std::chrono::seconds{5});
  talk.laptop_sends(forbidden());
  EXPECT_EQ(told(), 11);
}

TEST(Conversation, RecordsFiveDeniedQuestionsASecondAndHidesNoRefusedFlowBehindThem) {
  Conversation talk{kPolicy};
  talk.run();
  const auto recorded = [&talk] {
    return std::count_if(talk.gateway_events.begin(), talk.gateway_events.end(),
                         [](const auto& event) { return std::holds_alternative<Session::Denied>(event); });
  };
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(talk.ask_why("10.20.4.10:25/tcp"));
  EXPECT_EQ(recorded(), 5);
  for (int i = 0; i < 40; ++i) talk.laptop_sends(forbidden());
  EXPECT_EQ(recorded(), 5 + 10);
  EXPECT_EQ(talk.client_event<WhyAnswer>()->verdict, "deny");
  EXPECT_TRUE(talk.client_event<WhyAnswer>()->code.empty());
}

TEST(Conversation, EndsWithAClientThatAsksForMoreAddressesThanAnyoneNeeds) {
  Conversation talk{kPolicy};
  talk.run();
  std::vector<RequestedAddress> requests;
  for (std::uint64_t id = 1; id <= 17; ++id) requests.push_back({id, IpPrefix::host(address("0.0.0.0"))});
  ByteBuffer capsule;
  append_address_request(capsule, requests);
  talk.gateway().receive(capsule);
  ByteBuffer out;
  EXPECT_EQ(talk.gateway().next_packet(talk.now(), out), std::nullopt);
  EXPECT_TRUE(talk.gateway().has_ended());
}

TEST(Conversation, CutsALiveFlowWithTheFirstPacketAfterAPolicyChangeInBothDirections) {
  Conversation talk{kPolicy};
  talk.run();
  talk.laptop_sends(request());
  talk.replace_policy(kEmptyPolicy);
  EXPECT_TRUE(talk.client_event<RoutesChanged>()->routes.empty());
  talk.office_sends(reply());
  talk.laptop_sends(request());
  EXPECT_EQ(talk.at_office.size(), 1U);
  for (const auto& each : talk.at_laptop) EXPECT_NE(each, reply());
}

TEST(Conversation, KeepsALiveFlowThatTheNewPolicyStillAllows) {
  Conversation talk{kPolicy};
  talk.run();
  talk.laptop_sends(request());
  talk.replace_policy(std::string{kPolicy} + "[allow.more]\nwho = \"everyone\"\nto = \"web\"\n");
  talk.office_sends(reply());
  EXPECT_EQ(talk.at_laptop, (std::vector<ByteBuffer>{reply()}));
}

TEST(Conversation, AnswersWhyInWordsThatRevealNoRule) {
  Conversation talk{kPolicy};
  talk.run();
  ASSERT_TRUE(talk.ask_why("10.20.4.10:25/tcp"));
  const auto* answer = talk.client_event<WhyAnswer>();
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->verdict, "deny");
  EXPECT_FALSE(answer->code.empty());
  for (const auto* secret : {"ana-web", "web", "ana@"}) EXPECT_EQ(answer->words.find(secret), std::string::npos);
  ASSERT_TRUE(talk.ask_why("10.20.4.10:443/tcp"));
  EXPECT_EQ(talk.client_event<WhyAnswer>()->verdict, "allow");
}

TEST(Conversation, ServesAPlainClientWithoutAnyExtension) {
  Conversation talk{kPolicy, Extensions{}};
  talk.run();
  talk.laptop_sends(request());
  EXPECT_EQ(talk.at_office, (std::vector<ByteBuffer>{request()}));
  talk.laptop_sends(forbidden());
  EXPECT_EQ(talk.client_event<DeniedNotice>(), nullptr);
  EXPECT_EQ(talk.at_laptop.size(), 1U);
  EXPECT_FALSE(talk.ask_why("10.20.4.10:25/tcp"));
  talk.end(EndReason::DeviceRevoked);
  EXPECT_EQ(talk.client_event<EndingNotice>(), nullptr);
}

TEST(Conversation, TellsTheClientWhyItEndsAndPassesNothingAfterwards) {
  Conversation talk{kPolicy};
  talk.run();
  talk.laptop_sends(request());
  talk.end(EndReason::DeviceRevoked);
  ASSERT_NE(talk.client_event<EndingNotice>(), nullptr);
  EXPECT_EQ(talk.client_event<EndingNotice>()->reason, "device_revoked");
  talk.laptop_sends(request());
  talk.office_sends(reply());
  EXPECT_EQ(talk.at_office.size(), 1U);
  EXPECT_TRUE(talk.at_laptop.empty());
}

TEST(Conversation, EndsWithTheDeviceCertificate) {
  Conversation talk{kPolicy};
  talk.run();
  talk.pass_time(talk.gateway().grant().certificate_expires - talk.now().wall - std::chrono::seconds{2});
  EXPECT_FALSE(talk.gateway().has_ended());
  talk.pass_time(std::chrono::seconds{2});
  ASSERT_NE(talk.gateway_event<Session::Ended>(), nullptr);
  EXPECT_EQ(talk.gateway_event<Session::Ended>()->reason, EndReason::CertificateExpired);
}

TEST(Conversation, DropsAForgedInsideSourceOfEitherFamilyAtTheGateway) {
  Conversation talk{kPolicy};
  talk.run();
  // The honest client refuses to send these, so they are put on the wire behind its back.
  for (const auto& forged :
       {packet("10.99.0.3", kOffice, tcp(1, 443, kSyn)), packet("fd12::3", "fd00:20::10", tcp(1, 443, kSyn))}) {
    ByteBuffer capsule;
    append_datagram(capsule, forged);
    talk.gateway().receive(capsule);
    ByteBuffer out;
    EXPECT_EQ(talk.gateway().next_packet(talk.now(), out), std::nullopt);
    EXPECT_TRUE(out.empty());
  }
  EXPECT_EQ(talk.gateway().filter().stats().dropped(DropReason::ForeignSource), 2U);
}

/// Every way a conversation can be cut off: nothing hangs, nobody stays online, no packet passes afterwards.
void expect_clean_end(Conversation& talk, const std::string& where) {
  talk.pass_time(std::chrono::seconds{11});
  const auto passed_to_office = talk.at_office.size();
  const auto passed_to_laptop = talk.at_laptop.size();
  talk.laptop_sends(request());
  talk.office_sends(reply());
  EXPECT_EQ(talk.at_office.size(), passed_to_office) << where;
  EXPECT_EQ(talk.at_laptop.size(), passed_to_laptop) << where;
}

struct Whole {
  std::size_t client;
  std::size_t gateway;
};

Whole whole_conversation() {
  Conversation talk{kPolicy};
  talk.run();
  talk.laptop_sends(request());
  talk.office_sends(reply());
  return {talk.client_sent(), talk.gateway_sent()};
}

/// Handshakes differ by a few octets from run to run (signatures), so the last cuts may fall behind the end: those
/// conversations simply go on.
constexpr std::size_t kSlack = 16;

TEST(Conversation, SurvivesTheLossOfTheClientAtAnyPoint) {
  const auto whole = whole_conversation();
  for (std::size_t cut = 0; cut + kSlack < whole.client; ++cut) {
    Conversation talk{kPolicy};
    talk.cut_client_after(cut);
    talk.run();
    talk.laptop_sends(request());
    talk.office_sends(reply());
    const auto office_before = talk.at_office.size();
    talk.laptop_sends(request());
    EXPECT_EQ(talk.at_office.size(), office_before) << "cut after " << cut;
    EXPECT_TRUE(talk.gateway_is_over()) << "cut after " << cut;
  }
}

TEST(Conversation, SurvivesTheLossOfTheGatewayAtAnyPoint) {
  const auto whole = whole_conversation();
  for (std::size_t cut = 0; cut + kSlack < whole.gateway; ++cut) {
    Conversation talk{kPolicy};
    talk.cut_gateway_after(cut);
    talk.run();
    talk.laptop_sends(request());
    talk.office_sends(reply());
    expect_clean_end(talk, "cut after " + std::to_string(cut));
    if (talk.client_events.empty()) continue;
    EXPECT_NE(talk.client_event<Closed>(), nullptr) << "cut after " << cut;
  }
}

}  // namespace
}  // namespace sallyport
