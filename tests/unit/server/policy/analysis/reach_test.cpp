#include "server/policy/analysis/reach.hpp"

#include "tests/unit/server/policy/naive.hpp"
#include "tests/unit/server/policy/policy_text.hpp"
#include "tests/unit/server/policy/random_policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport {
namespace {

constexpr const char* kPolicy = R"(version = 1
[groups]
oncall = ["ana@example.com"]
[networks]
wifi = ["198.51.100.0/24"]
[hours]
working = { days = "mon-fri", time = "08:00-19:00", zone = "UTC" }
[posture.healthy]
disk_encrypted = true
[resources]
prod    = { net = "10.20.0.0/16", ports = "443/tcp" }
updates = { net = "10.0.9.0/24", ports = "443/tcp" }
[allow.updates]
who = "everyone"
to  = "updates"
[allow.oncall-prod]
who       = "oncall"
to        = "prod"
posture   = "healthy"
proof_age = "8h"
[allow.bo-hours]
who    = "bo@example.com"
to     = "prod"
during = "working"
[deny.wifi]
who  = "everyone"
to   = "prod"
from = "wifi"
[deny.gone]
who = "dee@example.com"
to  = "any"
[allow.dee]
who = "dee@example.com"
to  = "prod"
)";

std::string text_of(const Reach& reach, const Policy& policy) {
  std::string text;
  for (const auto& reacher : reach.by) {
    for (const auto& person : reacher.people) text += person + ' ';
    if (reacher.everyone_else) text += "else ";
    for (const auto& way : reacher.ways) {
      text += policy.rule(way.rule)->name + ':';
      for (const auto& each : way.needs) {
        for (const auto& device : each.devices) text += " on " + device + ',';
        for (const auto& word : each.words) text += ' ' + word + ',';
        text += ';';
      }
    }
    text += '\n';
  }
  return text;
}

std::string who(const std::string& destination, std::optional<WallTime> moment = {}) {
  const auto policy = policy_of(kPolicy);
  return text_of(who_reaches(*policy, to(destination), moment, kToday).value(), *policy);
}

TEST(Reach, NamesEverybodyWithTheRuleAndItsConditions) {
  EXPECT_EQ(who("10.20.0.1:443"),
            "ana@example.com oncall-prod: not from wifi, posture healthy holds, user proof less than 8h ago,;\n"
            "bo@example.com bo-hours: not from wifi, during working,;\n");
}

TEST(Reach, HasALineForThoseWhomNobodyNames) {
  EXPECT_EQ(who("10.0.9.1:443"), "ana@example.com bo@example.com else updates:;\n");
}

TEST(Reach, TakesTheHoursAsTheyAreAtAMoment) {
  EXPECT_NE(who("10.20.0.1:443", at("2026-11-20T10:00:00Z")).find("bo@example.com bo-hours: not from wifi,;\n"),
            std::string::npos);
  EXPECT_EQ(who("10.20.0.1:443", at("2026-11-21T10:00:00Z")).find("bo@example.com"), std::string::npos);
}

TEST(Reach, NamesThoseWhoAreLeftOutOfEveryone) {
  const auto policy = policy_of(kPolicy);
  const auto reach = who_reaches(*policy, to("10.0.9.1:443"), {}, kToday).value();
  EXPECT_EQ(reach.left_out, std::vector<std::string>{"dee@example.com"});
}

TEST(Reach, KnowsEveryDeviceOfALongList) {
  std::string list;
  for (int i = 10; i < 60; ++i) list += "\"lap-" + std::to_string(i) + "\", ";
  const auto policy = policy_of(
      "version = 1\n[networks]\nwifi = \"198.51.100.0/24\"\n[resources]\ngit = { net = \"10.0.0.1\", ports = "
      "\"22/tcp\" }\n"
      "[allow.a]\nwho = \"everyone\"\nto = \"git\"\nnot_from = \"wifi\"\ndevices = [" +
      list + "]\n");
  const auto reach = who_reaches(*policy, to("10.0.0.1:22"), {}, kToday).value();
  ASSERT_EQ(reach.by.size(), 1U);
  const auto& way = reach.by.front().ways.front();
  EXPECT_TRUE(way.complete);
  ASSERT_EQ(way.needs.size(), 1U);
  EXPECT_EQ(way.needs.front().devices.size(), 50U);
  EXPECT_EQ(way.needs.front().words, std::vector<std::string>{"not from wifi"});
}

TEST(Reach, SaysWhenThereAreMoreCasesThanItLists) {
  std::string text = "version = 1\n[resources]\ngit = { net = \"10.0.0.1\", ports = \"22/tcp\" }\n[networks]\n";
  for (int i = 0; i < 1200; ++i)
    text +=
        "n" + std::to_string(i) + " = \"10." + std::to_string(i / 250) + '.' + std::to_string(i % 250) + ".0/24\"\n";
  text += "[allow.a]\nwho = \"everyone\"\nto = \"git\"\nfrom = [";
  for (int i = 0; i < 1200; ++i) text += "\"n" + std::to_string(i) + "\", ";
  const auto policy = policy_of(text + "]\n");
  const auto reach = who_reaches(*policy, to("10.0.0.1:22"), {}, kToday);
  ASSERT_TRUE(reach.has_value()) << reach.error();
  EXPECT_FALSE(reach->by.front().ways.front().complete);
}

TEST(Reach, LeavesOutWhatNoLaptopReports) {
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
  EXPECT_TRUE(who_reaches(*policy, to("10.0.0.1:22"), {}, kToday)->by.empty());
}

TEST(Reach, IsEmptyWhereNobodyGets) { EXPECT_EQ(who("10.20.0.1:22"), ""); }

TEST(Reach, LeavesOutNobodyWhoGetsThere) {
  const auto seed = random_seed();
  RecordProperty("seed", std::to_string(seed));
  RandomPolicy random{seed};
  std::size_t reached = 0;
  for (int round = 0; round < 1000; ++round) {
    const auto document = random.document();
    const auto policy = Policy::compile(document).value();
    const auto destination = random.destination();
    const auto now = random.time();
    const auto reach = who_reaches(*policy, destination, now, now);
    ASSERT_TRUE(reach.has_value());
    for (int question = 0; question < 40; ++question) {
      const auto evidence = random.session_evidence();
      if (!naive_judge(document, evidence, destination, now).allows()) continue;
      ++reached;
      const bool listed = std::any_of(reach->by.begin(), reach->by.end(), [&](const Reacher& each) {
        return each.everyone_else || std::binary_search(each.people.begin(), each.people.end(), evidence.user.text());
      });
      ASSERT_TRUE(listed) << evidence.user.text() << " seed " << seed;
    }
  }
  EXPECT_GT(reached, 100U);
}

}  // namespace
}  // namespace sallyport
