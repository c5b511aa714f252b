#include "client/posture/nft_ruleset.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport {
namespace {

std::string ruleset(const std::string& objects) {
  return R"({"nftables":[{"metainfo":{"version":"1.0.6","json_schema_version":1}})" + objects + "]}";
}
std::string chain(const std::string& family, const std::string& policy, const std::string& hook = "input") {
  return R"(,{"chain":{"family":")" + family + R"(","table":"t","name":"c","handle":1,"type":"filter","hook":")" +
         hook + R"(","prio":0,"policy":")" + policy + R"("}})";
}
std::string rule(const std::string& expressions, const std::string& family = "inet") {
  return R"(,{"rule":{"family":")" + family + R"(","table":"t","chain":"c","handle":2,"expr":[)" + expressions + "]}}";
}
constexpr const char* kFromLoopback =
    R"({"match":{"op":"==","left":{"meta":{"key":"iifname"}},"right":"lo"}},{"accept":null})";

std::optional<bool> wall(const std::string& objects, bool has_ipv6 = true) {
  return has_input_wall(ruleset(objects), has_ipv6);
}

TEST(NftRuleset, AnInputChainWithPolicyDropIsAWall) {
  EXPECT_EQ(wall(chain("inet", "drop")), true);
  EXPECT_EQ(wall(chain("inet", "drop") + rule(kFromLoopback)), true);
  EXPECT_EQ(wall(chain("inet", "accept")), false);
  EXPECT_EQ(wall(""), false);
  EXPECT_EQ(wall(chain("inet", "drop", "forward")), false);
}

TEST(NftRuleset, SoIsOneThatRejectsWhatReachesItsEnd) {
  const auto reject =
      rule(R"({"counter":{"packets":1,"bytes":2}},{"reject":{"type":"icmpx","expr":"admin-prohibited"}})");
  EXPECT_EQ(wall(chain("inet", "accept") + rule(kFromLoopback) + reject), true);
  EXPECT_EQ(wall(chain("inet", "accept") + rule(kFromLoopback) + rule(R"({"drop":null})")), true);
}

TEST(NftRuleset, ARuleThatAcceptsEverythingOpensTheWall) {
  EXPECT_EQ(wall(chain("inet", "drop") + rule(R"({"accept":null})")), false);
  EXPECT_EQ(
      wall(chain("inet", "drop") + rule(R"({"counter":null},{"log":null},{"accept":null})") + rule(R"({"drop":null})")),
      false);
}

std::string called(const std::string& name, const std::string& rules) {
  std::string text = R"(,{"chain":{"family":"inet","table":"t","name":")" + name + R"(","handle":3}})" + rules;
  return text;
}
std::string rule_in(const std::string& chain, const std::string& expressions) {
  return R"(,{"rule":{"family":"inet","table":"t","chain":")" + chain + R"(","handle":2,"expr":[)" + expressions +
         "]}}";
}
std::string to(const std::string& how, const std::string& chain) {
  return R"({")" + how + R"(":{"target":")" + chain + R"("}})";
}
constexpr const char* kAccept = R"({"accept":null})";
constexpr const char* kDrop = R"({"drop":null})";
constexpr const char* kToThisHost =
    R"({"match":{"op":"==","left":{"fib":{"result":"type","flags":["daddr"]}},"right":"local"}},{"return":null})";

TEST(NftRuleset, AJumpToAChainThatAcceptsEverythingOpensTheWall) {
  // As firewalld writes it: the zone in force is reached by jumps.
  const auto zones = [](const std::string& zone) {
    return chain("inet", "accept") + called("zones", rule_in("zones", to("goto", "zone"))) +
           called("zone", rule_in("zone", to("jump", "extra")) + zone) + called("extra", "") +
           rule(to("jump", "zones")) + rule(kDrop);
  };
  EXPECT_EQ(wall(zones(rule_in("zone", kAccept))), false) << "zone trusted";
  EXPECT_EQ(wall(zones(rule_in("zone", kFromLoopback))), true) << "comes back, and is dropped";
  EXPECT_EQ(wall(zones(rule_in("zone", kDrop))), true);
  EXPECT_EQ(wall(chain("inet", "drop") + called("zone", rule_in("zone", kAccept)) + rule(to("goto", "zone"))), false);
  EXPECT_EQ(
      wall(chain("inet", "drop") + called("zone", rule_in("zone", R"({"return":null})") + rule_in("zone", kAccept)) +
           rule(to("jump", "zone"))),
      true);
}

TEST(NftRuleset, WhatLeavesACalledChainUnderAConditionIsLookedAfter) {
  // As ufw writes it: what is for this host comes back, the rest is dropped.
  const auto calls = [](const std::string& policy) {
    return chain("inet", policy) +
           called("not-local", rule_in("not-local", kToThisHost) + rule_in("not-local", kDrop)) +
           rule(to("jump", "not-local"));
  };
  EXPECT_EQ(wall(calls("accept")), false);
  EXPECT_EQ(wall(calls("drop")), true);
  EXPECT_EQ(wall(calls("accept") + rule(kDrop)), true);
}

TEST(NftRuleset, WhatCannotBeFollowedIsNoWall) {
  EXPECT_EQ(wall(chain("inet", "drop") + rule(to("jump", "missing"))), false);
  EXPECT_EQ(wall(chain("inet", "drop") + called("a", rule_in("a", to("jump", "a"))) + rule(to("jump", "a"))), false);
  EXPECT_EQ(wall(chain("inet", "drop") + rule(R"({"queue":{"num":0}})")), false) << "somebody else decides";
  EXPECT_EQ(wall(chain("inet", "drop") + R"(,{"rule":{"family":"inet","table":"t","chain":"c","expr":[7]}})"), false);
  EXPECT_EQ(wall(chain("inet", "drop") + rule(R"({"xt":null},"unknown")")), true) << "a condition, whatever follows";
  std::string tree = chain("inet", "drop") + rule(to("jump", "c0"));
  for (int i = 0; i < 12; ++i) {
    const auto next = rule_in("c" + std::to_string(i), to("jump", "c" + std::to_string(i + 1)));
    tree += called("c" + std::to_string(i), next + next + next + next);
  }
  EXPECT_EQ(wall(tree + called("c12", "")), false) << "four million steps";
}

TEST(NftRuleset, AVerdictMapIsACondition) {
  const auto map = [](const std::string& verdict) {
    return R"({"vmap":{"key":{"ct":{"key":"state"}},"data":{"set":[["established",{"accept":null}],["new",)" + verdict +
           "]]}}}";
  };
  EXPECT_EQ(wall(chain("inet", "accept") + rule(map(kDrop)) + rule(kDrop)), true);
  const auto in_called = [](const std::string& expressions) {
    return chain("inet", "accept") + called("a", rule_in("a", expressions) + rule_in("a", kDrop)) +
           rule(to("jump", "a"));
  };
  EXPECT_EQ(wall(in_called(map(kDrop))), true);
  EXPECT_EQ(wall(in_called(map(R"({"return":null})"))), false);
  EXPECT_EQ(wall(in_called(R"({"vmap":{"key":{"meta":{"key":"iif"}},"data":"@zones"}})")), false);
}

TEST(NftRuleset, BothVersionsOfIpNeedOne) {
  EXPECT_EQ(wall(chain("ip", "drop")), false);
  EXPECT_EQ(wall(chain("ip", "drop"), false), true);
  EXPECT_EQ(wall(chain("ip", "drop") + chain("ip6", "drop")), true);
  EXPECT_EQ(wall(chain("ip6", "drop"), false), false);
}

TEST(NftRuleset, ATableThatSleepsIsNoWall) {
  const auto table = [](const std::string& flags) {
    return R"(,{"table":{"family":"inet","name":"t","handle":1,"flags":)" + flags + "}}";
  };
  EXPECT_EQ(wall(table(R"("dormant")") + chain("inet", "drop")), false);
  EXPECT_EQ(wall(table(R"(["owner","dormant"])") + chain("inet", "drop")), false);
  EXPECT_EQ(wall(table(R"("d")") + chain("inet", "drop")), false) << "as nft 1.0.6 prints it";
  EXPECT_EQ(wall(table(R"(["owner"])") + chain("inet", "drop")), true);
  EXPECT_EQ(wall(table(R"("new-flag")") + chain("inet", "drop")), false);
}

TEST(NftRuleset, WhatNftDoesNotPrintIsUnknown) {
  for (const auto* text : {"", "{}", "[]", "nothing", R"({"nftables":7})", R"({"nftables":[7]})"}) {
    EXPECT_EQ(has_input_wall(text, true), std::nullopt) << text;
  }
  EXPECT_EQ(has_input_wall(std::string(100'000, '['), true), std::nullopt);
  auto cut = ruleset(chain("inet", "drop"));
  cut.pop_back();
  EXPECT_EQ(has_input_wall(cut, true), std::nullopt) << "an output cut short";
}

}  // namespace
}  // namespace sallyport
