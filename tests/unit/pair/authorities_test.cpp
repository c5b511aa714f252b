#include "client/enrolment/authority_file.hpp"
#include "common/wire/capsule.hpp"
#include "tests/support/conversation.hpp"
#include "tests/support/succession.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport {
namespace {

constexpr const char* kPolicy = "version = 1\n";

/// A laptop that keeps its authorities as ours does, and a gateway that announces some.
class AuthorityConversation : public testing::Test {
 protected:
  AuthorityConversation() { talk.authority_keeper = keeper(); }

  Conversation::AuthorityKeeper keeper() {
    return [this](const AuthorityAnnouncement& announcement, const CertificateInfo& gateway) {
      const auto change = change_authorities(ca_pem, gateway, announcement, wall_now());
      if (change.pem) ca_pem = *change.pem;
      return std::optional{change.report};
    };
  }
  const CertificateAuthority& old() { return talk.pki().authority(); }
  void announce(AuthorityAnnouncement announcement) {
    talk.announce(std::make_shared<const AuthorityAnnouncement>(std::move(announcement)));
  }
  const AuthorityReport& told() {
    const auto* held = talk.gateway_event<Session::AuthoritiesHeld>();
    static const AuthorityReport kNothing{{}, "nothing was told"};
    return held == nullptr ? kNothing : held->report;
  }
  std::size_t reports() {
    return static_cast<std::size_t>(
        std::count_if(talk.gateway_events.begin(), talk.gateway_events.end(),
                      [](const auto& event) { return std::holds_alternative<Session::AuthoritiesHeld>(event); }));
  }

  Conversation talk{kPolicy};
  std::string ca_pem = talk.pki().authority().certificate_pem();
  const CertificateAuthority next_ = make_authority("next");
};

TEST_F(AuthorityConversation, IsSilentWhileThereIsNothingToSay) {
  announce({});
  talk.run();
  EXPECT_TRUE(talk.client().is_online());
  EXPECT_EQ(talk.client_event<AuthorityAnnouncement>(), nullptr);
  EXPECT_EQ(reports(), 0U);
}

TEST_F(AuthorityConversation, BringsTheNextAuthorityToALaptopThatIsConnected) {
  talk.run();
  announce({{announced(old(), next_)}, {}, {}});
  EXPECT_EQ(told(), (AuthorityReport{{name_of(old()), name_of(next_)}, {}}));
  EXPECT_EQ(ca_pem, old().certificate_pem() + next_.certificate_pem());
  EXPECT_FALSE(talk.gateway_is_over());
}

TEST_F(AuthorityConversation, BringsItToALaptopThatComesLater) {
  talk.announcement =
      std::make_shared<const AuthorityAnnouncement>(AuthorityAnnouncement{{announced(old(), next_)}, {}, {}});
  talk.run();
  EXPECT_EQ(told().has.size(), 2U);
}

TEST_F(AuthorityConversation, SaysTheSameThingOnce) {
  talk.run();
  const AuthorityAnnouncement announcement{{announced(old(), next_)}, {}, {}};
  announce(announcement);
  const auto sent = talk.gateway_sent();
  announce(announcement);
  EXPECT_EQ(talk.gateway_sent(), sent);
  EXPECT_EQ(reports(), 1U);
}

TEST_F(AuthorityConversation, BringsNothingThatTheGatewayVouchesForByItself) {
  talk.run();
  announce({{announced(make_authority("Test Authority"), next_)}, {}, {}});
  EXPECT_EQ(told(), (AuthorityReport{{name_of(old())}, "not_vouched"}));
  EXPECT_EQ(ca_pem, old().certificate_pem());
  EXPECT_FALSE(talk.gateway_is_over()) << "the tunnel goes on: the laptop is not to be cut off by that";
}

TEST_F(AuthorityConversation, LeavesALaptopTheAuthorityOfThisGateway) {
  talk.run();
  auto announcement = retired_by(next_, {name_of(old())});
  announcement.next.push_back(announced(old(), next_));
  announce(std::move(announcement));
  EXPECT_EQ(told().has, (std::vector<std::string>{name_of(old()), name_of(next_)}));
}

TEST_F(AuthorityConversation, TakesNoneAwayByTheGatewaysOwnWord) {
  ca_pem += next_.certificate_pem();
  talk.run();
  announce({{}, {name_of(next_)}, {}});
  EXPECT_EQ(told(), (AuthorityReport{{name_of(old()), name_of(next_)}, "retirement_unsigned"}));
  EXPECT_FALSE(talk.gateway_is_over());
  announce(retired_by(old(), {name_of(next_)}));
  EXPECT_EQ(told(), (AuthorityReport{{name_of(old())}, {}}));
}

TEST_F(AuthorityConversation, AsksForARenewal) {
  talk.run();
  talk.ask_to_renew(std::chrono::hours{1});
  const auto* asked = talk.client_event<AuthorityAnnouncement>();
  ASSERT_NE(asked, nullptr);
  EXPECT_EQ(asked->renew_within, std::chrono::hours{1});
  EXPECT_EQ(reports(), 0U) << "that asks for no list";
}

TEST_F(AuthorityConversation, MeansNothingToALaptopThatDoesNotKnowOfIt) {
  Conversation plain{kPolicy, Extensions{.notice = true, .why = true, .attest = true, .proof = true}};
  plain.announcement = std::make_shared<const AuthorityAnnouncement>(
      AuthorityAnnouncement{{announced(plain.pki().authority(), next_)}, {}, {}});
  plain.run();
  plain.ask_to_renew(std::chrono::hours{1});
  EXPECT_TRUE(plain.client().is_online());
  EXPECT_EQ(plain.client_event<AuthorityAnnouncement>(), nullptr);
}

TEST_F(AuthorityConversation, EndsWhenALaptopSaysSomethingElseThanAList) {
  talk.run();
  ByteBuffer malformed;
  append_capsule(malformed, CapsuleType::Authorities, as_bytes(std::string_view{R"({"has":"everything"})"}));
  talk.laptop_says(malformed);
  EXPECT_TRUE(talk.gateway_is_over());
}

TEST_F(AuthorityConversation, TakesAFewListsAtATime) {
  talk.run();
  ByteBuffer report;
  append_authority_report(report, {{std::string(64, 'a')}, {}});
  for (int i = 0; i < 100; ++i) talk.laptop_says(report);
  EXPECT_EQ(reports(), 8U);
  EXPECT_FALSE(talk.gateway_is_over());
  talk.pass_time(std::chrono::seconds{10});
  talk.laptop_says(report);
  EXPECT_EQ(reports(), 9U);
}

TEST_F(AuthorityConversation, ComesThroughWhereverTheStreamIsCutIntoPieces) {
  talk.run();
  const auto before = talk.gateway_sent();
  announce({{announced(old(), next_)}, {}, {}});
  const auto length = talk.gateway_sent() - before;
  for (std::size_t cut = 0; cut < length; cut += 97) {
    Conversation broken{kPolicy};
    std::string kept = broken.pki().authority().certificate_pem();
    const auto first = kept;
    broken.authority_keeper = [&](const AuthorityAnnouncement& announcement, const CertificateInfo& gateway) {
      const auto change = change_authorities(kept, gateway, announcement, wall_now());
      if (change.pem) kept = *change.pem;
      return std::optional{change.report};
    };
    broken.run();
    broken.cut_gateway_after(cut);
    broken.announce(std::make_shared<const AuthorityAnnouncement>(
        AuthorityAnnouncement{{announced(broken.pki().authority(), next_)}, {}, {}}));
    EXPECT_TRUE(kept == first || kept == first + next_.certificate_pem()) << "cut after " << cut;
  }
}

}  // namespace
}  // namespace sallyport
