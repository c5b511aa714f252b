#include "server/policy/analysis/smallest_change.hpp"

#include "server/policy/analysis/question.hpp"
#include "tests/unit/server/policy/policy_text.hpp"
#include "tests/unit/server/policy/random_policy.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

constexpr const char* kPolicy = R"(version = 1
[groups]
oncall = ["ana@example.com"]
leads  = ["lee@example.com"]
[networks]
wifi = ["198.51.100.0/24"]
[hours]
working = { days = "mon-fri", time = "08:00-19:00", zone = "Europe/Madrid" }
[posture.healthy]
disk_encrypted = true
[resources]
prod = { net = ["10.20.0.0/16", "fd00:20::/48"], ports = "443/tcp" }
git  = { net = "10.20.4.10", ports = "22/tcp" }
wiki = { net = "10.30.0.1", ports = "443/tcp" }
mail = { net = "10.30.0.2", ports = "25/tcp" }
[allow.prod]
who       = "oncall"
to        = "prod"
posture   = "healthy"
proof_age = "8h"
[allow.git]
who     = "oncall"
to      = "git"
devices = "ana-laptop"
[allow.wiki]
who    = "everyone"
to     = "wiki"
during = "working"
[deny.wifi]
who  = "everyone"
to   = "git"
from = "wifi"
)";

std::string change(const Evidence& evidence, const std::string& destination, WallTime now = kToday) {
  const auto found = smallest_change(*policy_of(kPolicy), evidence, to(destination), now);
  if (!found) return "none";
  std::string text;
  for (const auto& each : *found) text += each.key + ": " + each.from + " -> " + each.to + '\n';
  return text;
}

Evidence healthy(Evidence evidence) {
  evidence.posture.satisfied = {"healthy"};
  return evidence;
}

TEST(SmallestChange, NamesTheOneThingThatIsMissing) {
  EXPECT_EQ(change(healthy(as("ana@example.com")), "10.20.0.1:443"), "proof: never, as far as is known -> fresh\n");
  EXPECT_EQ(change(as("ana@example.com", "phone"), "10.20.4.10:22"), "device: phone -> ana-laptop\n");
  EXPECT_EQ(change(as("bo@example.com", "ana-laptop"), "10.20.4.10:22"), "group: not in oncall -> in oncall\n");
  EXPECT_EQ(change(as("ana@example.com", "ana-laptop", "198.51.100.9"), "10.20.4.10:22"),
            "from: 198.51.100.9 -> outside of wifi\n");
}

TEST(SmallestChange, SaysWhenTheHoursOpenNext) {  // kToday is a Saturday
  EXPECT_EQ(change(as("bo@example.com"), "10.30.0.1:443"),
            "at: 2026-11-21T12:00:00Z -> 2026-11-23T07:00:00Z (working opens)\n");
}

TEST(SmallestChange, WaitsForHoursBehindManyOtherTurns) {
  std::string windows;
  for (int hour = 0; hour < 24; ++hour) {
    const auto text = (hour < 10 ? "0" : "") + std::to_string(hour);
    windows += '"' + text + ":50-" + text + ":55\", ";
  }
  const auto policy = policy_of("version = 1\n[hours]\nhourly = { time = [" + windows + "], zone = \"UTC\" }\n" +
                                "week = { days = \"mon\", time = \"08:50-19:00\", zone = \"UTC\" }\n" +
                                "[resources]\ngit = { net = \"10.0.0.1\", ports = \"22/tcp\" }\n"
                                "[allow.a]\nwho = \"everyone\"\nto = \"git\"\nduring = \"week\"\n"
                                "[deny.h]\nwho = \"everyone\"\nto = \"git\"\nduring = \"hourly\"\n");
  const auto found = smallest_change(*policy, as("bo@example.com"), to("10.0.0.1:22"), kToday);
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().to, "2026-11-23T08:55:00Z (hourly ends)");
}

TEST(SmallestChange, TakesALaptopThatMeetsAStrictCheckToMeetALaxOne) {
  const auto policy = policy_of(R"(version = 1
[posture.strict]
firewall = true
disk_encrypted = true
[posture.basic]
firewall = true
[resources]
git = { net = "10.0.0.1", ports = "22/tcp" }
[allow.a]
who = "everyone"
to = "git"
posture = "strict"
[deny.b]
who = "everyone"
to = "git"
posture = "basic"
)");
  EXPECT_FALSE(smallest_change(*policy, as("bo@example.com"), to("10.0.0.1:22"), kToday).has_value());
}

TEST(SmallestChange, NamesTwoOrThreeThingsWhenOneIsNotEnough) {
  EXPECT_EQ(change(as("ana@example.com"), "10.20.0.1:443"),
            "proof: never, as far as is known -> fresh\nposture: healthy unknown -> healthy holds\n");
  EXPECT_EQ(change(as("bo@example.com"), "10.20.0.1:443"),
            "proof: never, as far as is known -> fresh\nposture: healthy unknown -> healthy holds\n"
            "group: not in oncall -> in oncall\n");
}

TEST(SmallestChange, AlsoSaysWhatWouldCloseWhatIsOpen) {
  EXPECT_EQ(change(as("ana@example.com", "ana-laptop"), "10.20.4.10:22"), "from: 192.0.2.7 -> in wifi\n");
  EXPECT_EQ(change(as("bo@example.com"), "10.30.0.1:443", at("2026-11-20T10:00:00Z")),
            "at: 2026-11-20T10:00:00Z -> 2026-11-20T18:00:00Z (working ends)\n");
}

TEST(SmallestChange, SaysWhenOnlyAnotherPolicyHelps) {
  EXPECT_EQ(change(as("ana@example.com"), "10.30.0.2:25"), "none");
}

TEST(SmallestChange, RenewsAnExpiredCertificate) {
  auto evidence = as("ana@example.com", "ana-laptop");
  evidence.certificate_expires = at("2026-11-01");
  EXPECT_EQ(change(evidence, "10.20.4.10:22"), "certificate: expired at 2026-11-01T00:00:00Z -> renewed\n");
}

TEST(Question, TakesAssumptionsAndResources) {
  const auto policy = policy_of(kPolicy);
  const auto answer = answer_question(*policy, as("ana@example.com"), {{{"healthy"}}, std::chrono::hours{2}, {}, {}},
                                      "prod:443/tcp", kToday);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->at("verdict"), "allow");
  EXPECT_EQ(answer->at("destinations").size(), 4U);
  EXPECT_EQ(answer->at("assumed").at("proof"), 7200);
  EXPECT_EQ(answer->at("valid_until"), "2026-11-21T18:00:00Z");
}

TEST(Question, NotesThatNothingNamesThePerson) {
  const auto policy = policy_of(kPolicy);
  const auto notes = [&](const char* user) {
    return answer_question(*policy, as(user), {}, "prod:443", kToday)->at("notes");
  };
  EXPECT_EQ(notes("ana@example.com"), nlohmann::json::array());
  EXPECT_EQ(notes("anna@example.com"),
            nlohmann::json::array({"no rule or group names \"anna@example.com\" (did you mean \"ana@example.com\"?)"}));
  EXPECT_EQ(notes("nobody@example.org"),
            nlohmann::json::array({"no rule or group names \"nobody@example.org\": only what everyone has applies"}));
}

TEST(Question, PointsOutThatHostNamesAreNotLookedUp) {
  const auto answer = answer_question(*policy_of(kPolicy), as("ana@example.com"), {}, "git.example.com:443", kToday);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().hint, "host names are not looked up: give the address or a resource");
}

TEST(Question, RefusesNamesThatThePolicyDoesNotKnow) {
  const auto policy = policy_of(kPolicy);
  const auto posture =
      answer_question(*policy, as("ana@example.com"), {{{"helthy"}}, {}, {}, {}}, "prod:443/tcp", kToday);
  ASSERT_FALSE(posture.has_value());
  EXPECT_EQ(posture.error().hint, "did you mean \"healthy\"?");
  const auto resource = answer_question(*policy, as("ana@example.com"), {}, "prd:443/tcp", kToday);
  ASSERT_FALSE(resource.has_value());
  EXPECT_EQ(resource.error().message, "no resource \"prd\"");
}

TEST(Question, ReadsBackItsAssumptions) {
  nlohmann::json request = nlohmann::json::object();
  write_assumptions({{{"a", "b"}}, std::chrono::seconds{1}, {}, std::chrono::seconds{3}}, request);
  const auto read = read_assumptions(request);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->posture, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(read->proof, std::chrono::seconds{1});
  EXPECT_EQ(read->key, std::nullopt);
  EXPECT_EQ(read->revocation, std::chrono::seconds{3});
  EXPECT_FALSE(read_assumptions({{"proof", -1}}).has_value());
  EXPECT_FALSE(read_assumptions({{"posture", "a"}}).has_value());
  EXPECT_FALSE(read_assumptions({{"posture", {1}}}).has_value());
}

}  // namespace
}  // namespace sallyport
