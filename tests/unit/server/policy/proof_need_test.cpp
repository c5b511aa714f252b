#include "server/policy/proof_need.hpp"

#include "server/policy/loader.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using std::chrono::seconds;
using Names = std::vector<std::string>;

constexpr WallTime kNow{seconds{1'800'000'000}};

constexpr const char* kHead = R"(
version = 1
[groups]
oncall = ["ana@example.com"]
[posture.healthy]
disk_encrypted = true
[resources]
git  = { net = "10.20.4.10", ports = ["22/tcp", "443/tcp"] }
prod = { net = ["10.30.0.0/16", "fd00:30::/48"], ports = "any" }
ping = { net = "fd00:40::1", ports = "icmp" }
[allow.oncall-prod]
who = "oncall"
to  = "prod"
proof_age = "8h"
)";

class ProofNeed : public testing::Test {
 protected:
  Names waiting(const std::string& rules) {
    const auto loaded = load_policy_texts({{"policy.toml", kHead + rules}});
    EXPECT_TRUE(loaded) << (loaded ? std::string{} : to_string(loaded.error()));
    if (!loaded) return {};
    policy_ = loaded->policy;
    rights_ = policy_->rights_for(evidence_, kNow);
    return waits_for_proof(*policy_, *rights_, evidence_, kNow);
  }
  bool asks() const { return asks_for_proof(*policy_, *rights_); }

  Evidence evidence_{.user = UserId{"ana@example.com"}, .device = DeviceId{"ana-laptop"}};
  std::shared_ptr<const Policy> policy_;
  std::shared_ptr<const Rights> rights_;
};

TEST_F(ProofNeed, IsWhatARuleInReachWouldOpen) {
  EXPECT_EQ(waiting(""), Names{"prod"});
  EXPECT_TRUE(asks());
  EXPECT_EQ(proof_holds_until(*policy_, *rights_, kNow), kNow + std::chrono::hours{8});
}

TEST_F(ProofNeed, IsNothingForSomebodyWhomNoSuchRuleNames) {
  evidence_.user = UserId{"bo@example.com"};
  EXPECT_EQ(waiting(""), Names{});
  EXPECT_FALSE(asks());
  EXPECT_EQ(proof_holds_until(*policy_, *rights_, kNow), kNever);
}

TEST_F(ProofNeed, EndsWithAProofAndComesBackWithItsAge) {
  evidence_.user_proved = kNow - seconds{1};
  EXPECT_EQ(waiting(""), Names{});
  EXPECT_TRUE(asks()) << "it may be renewed";
  evidence_.user_proved = kNow - std::chrono::hours{8};
  EXPECT_EQ(waiting(""), Names{"prod"});
  evidence_.user_proved = kNow + seconds{60};
  EXPECT_EQ(waiting(""), Names{"prod"}) << "a proof of the future is none";
}

TEST_F(ProofNeed, IsNotToldWhereMoreThanAProofIsMissing) {
  EXPECT_EQ(waiting("[allow.git]\nwho = \"oncall\"\nto = \"git\"\nproof_age = \"1h\"\nposture = \"healthy\"\n"),
            Names{"prod"});
  evidence_.posture.satisfied = Names{"healthy"};
  EXPECT_EQ(waiting("[allow.git]\nwho = \"oncall\"\nto = \"git\"\nproof_age = \"1h\"\nposture = \"healthy\"\n"),
            (Names{"git", "prod"}));
  EXPECT_EQ(proof_holds_until(*policy_, *rights_, kNow), kNow + std::chrono::hours{1}) << "the first that asks again";
}

TEST_F(ProofNeed, IsNotToldOfWhatIsOpenAnyhowNorOfShadows) {
  EXPECT_EQ(waiting("[allow.open]\nwho = \"everyone\"\nto = \"prod\"\n"), Names{});
  EXPECT_EQ(waiting("[allow.git]\nwho = \"oncall\"\nto = \"git\"\nproof_age = \"1h\"\nrollout = \"shadow\"\n"),
            Names{"prod"});
}

TEST_F(ProofNeed, IsNotToldOfWhatADenyRuleKeepsShut) {
  EXPECT_EQ(waiting("[deny.all]\nwho = \"everyone\"\nto = \"prod\"\n"), Names{});
  EXPECT_EQ(waiting("[resources.edge]\nnet = \"10.30.0.0/24\"\nports = \"any\"\n[deny.edge]\nwho = \"everyone\"\nto = "
                    "\"edge\"\n"),
            Names{"prod"})
      << "the rest opens";
}

TEST_F(ProofNeed, LooksAtSoManyResourcesOfOneRuleAndNoMore) {
  std::string rules;
  for (int i = 0; i < 3000; ++i) {
    rules += "[resources.r" + std::to_string(i) + "]\nnet = \"10.40." + std::to_string(i / 250) + '.' +
             std::to_string(i % 250) + "\"\nports = \"443/tcp\"\ntags = \"many\"\n";
  }
  const auto names = waiting(rules + "[allow.many]\nwho = \"oncall\"\nto = \"tag:many\"\nproof_age = \"8h\"\n");
  EXPECT_GT(names.size(), 900U);
  EXPECT_LE(names.size(), 1024U);
}

TEST_F(ProofNeed, KnowsPingOnIpv6) {
  EXPECT_EQ(waiting("[allow.ping]\nwho = \"oncall\"\nto = \"ping\"\nproof_age = \"1h\"\n"), (Names{"ping", "prod"}));
}

}  // namespace
}  // namespace sallyport
