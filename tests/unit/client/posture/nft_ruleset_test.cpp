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
