#include "tests/unit/server/policy/policy_text.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace sallyport {
namespace {

struct ErrorCase {
  std::string_view name;
  std::string_view text;    ///< after "version = 1\n"
  std::string_view errors;  ///< each without "p.toml:" and ": error:"
};

void PrintTo(const ErrorCase& row, std::ostream* out) { *out << row.name; }

class PolicyLoaderErrors : public testing::TestWithParam<ErrorCase> {};

std::string expected(std::string_view errors) {
  std::string text;
  while (!errors.empty()) {
    const auto end = errors.find('\n');
    const auto line = errors.substr(0, end);
    const auto space = line.find(' ');
    text += "p.toml:" + std::string{line.substr(0, space)} + ": error: " + std::string{line.substr(space + 1)} + "\n";
    errors.remove_prefix(end == std::string_view::npos ? errors.size() : end + 1);
  }
  return text;
}

TEST_P(PolicyLoaderErrors, NamePlaceFaultAndRemedy) {
  EXPECT_EQ(errors_of("version = 1\n" + std::string{GetParam().text}), expected(GetParam().errors));
}

constexpr std::string_view kWeb = "[resources]\nweb = { net = \"10.0.0.1\", ports = \"any\" }\n";

const std::vector<ErrorCase> kCases{
    {"UnknownTopLevelKey", "[resource]\n", "2:2 unknown key \"resource\" in the policy (did you mean \"resources\"?)"},
    {"HoursThatCannotBeRead",
     "[hours]\na = { days = \"mon-fry\", time = \"8-19\", zone = \"Europe/Madird\" }\n"
     "b = { days = [], time = \"08:00-08:00\", zon = \"UTC\" }\nc = \"always\"\nd = []\n"
     "e = [{ time = \"08:00-09:00\", zone = \"UTC\" }, { time = \"10:00-11:00\", zone = \"Europe/Madrid\" }]\n",
     "3:14 unknown day \"fry\": did you mean \"fri\"?\n"
     "3:32 \"8\" is no time of day, two digits each from 00:00 to 24:00: write \"08:00-19:00\"; \"22:00-06:00\" runs "
     "past midnight\n"
     "3:47 unknown time zone \"Europe/Madird\" (did you mean \"Europe/Madrid\"?)\n"
     "4:5 hours \"b\" has no \"zone\" (name one, as in zone = \"Europe/Madrid\" or \"UTC\")\n"
     "4:14 \"days\" is empty and would never match (remove the key or fill the list)\n"
     "4:25 \"08:00-08:00\" begins and ends at the same time: the whole day is \"00:00-24:00\"\n"
     "4:40 unknown key \"zon\" in hours \"b\" (did you mean \"zone\"?)\n"
     "5:5 hours \"c\" must be a table (write NAME = { days = \"mon-fri\", time = \"08:00-19:00\", zone = "
     "\"Europe/Madrid\" })\n"
     "6:5 hours \"d\" is empty and would never match (write NAME = { days = \"mon-fri\", time = \"08:00-19:00\", zone "
     "= \"Europe/Madrid\" })\n"
     "7:77 hours \"e\" is in two time zones (define two hours and name both in the rule)"},
    {"PostureThatCannotBeRead",
     "[posture.p]\ndisk_encripted = true\nfirewall = \"yes\"\nkernel = \"6\"\nos = { Debian = \">=12\" }\n"
     "reported_within = \"10\"\n[posture.q]\n[posture.r]\nreported_within = \"1h\"\n[posture]\n",
     "3:1 unknown key \"disk_encripted\" in [posture.p] (did you mean \"disk_encrypted\"?)\n"
     "4:12 \"firewall\" takes true or false, without quotes\n"
     "5:10 \"kernel\": \"6\" does not say which versions will do: write \">=6\" or \"==6\"\n"
     "6:8 systems are written in lower case (write \"debian\")\n"
     "7:19 \"reported_within\": \"10\" is no duration: write a whole number and its unit: \"90s\", \"5m\", \"8h\" or "
     "\"7d\"\n"
     "8:10 [posture.q] asks nothing of a laptop (add a line such as disk_encrypted = true)\n"
     "9:10 [posture.r] asks nothing of a laptop (add a line such as disk_encrypted = true)"},
    {"PostureListsThatCannotBeRead",
     "[posture.p]\nprocesses = [\"/usr/bin/falcon\", \"\", \"ok\"]\nfiles = [\"etc/x\", \"/etc/../x\", \"/etc/*\", "
     "\"/etc/\", \"/ok\"]\n[posture.q]\nprocess = \"x\"\nfiles = []\n",
     "3:14 \"/usr/bin/falcon\" is not the name of a process (write it without the folder, as ps -A shows it: "
     "\"falcon-sensor\")\n"
     "3:33 \"\" is not the name of a process (write it without the folder, as ps -A shows it: \"falcon-sensor\")\n"
     "4:10 \"etc/x\" is not the path of one file (write it from / on, without \"..\", \"*\" or a / at its end: "
     "\"/etc/corp/managed\")\n"
     "4:19 \"/etc/../x\" is not the path of one file (write it from / on, without \"..\", \"*\" or a / at its end: "
     "\"/etc/corp/managed\")\n"
     "4:32 \"/etc/*\" is not the path of one file (write it from / on, without \"..\", \"*\" or a / at its end: "
     "\"/etc/corp/managed\")\n"
     "4:42 \"/etc/\" is not the path of one file (write it from / on, without \"..\", \"*\" or a / at its end: "
     "\"/etc/corp/managed\")\n"
     "6:1 unknown key \"process\" in [posture.q] (did you mean \"processes\"?)\n"
     "7:9 \"files\" is empty and would never match (remove the key or fill the list)"},
    {"ConditionsThatCannotBeRead",
     "[resources]\nweb = { net = \"10.0.0.1\", ports = \"any\", tags = [\"tag:a\", \"money\"] }\n[allow.x]\n"
     "who = \"everyone\"\nto = \"tag:monei\"\nposture = \"healthy\"\nduring = \"work\"\nkey_age = \"soon\"\n"
     "proof_age = 8\nlog = \"all\"\nrollout = \"later\"\nsessions = 2\n",
     "3:50 tag \"tag:a\" is not allowed (write it without \"tag:\" here; rules say to = \"tag:NAME\")\n"
     "6:6 no resource has the tag \"monei\" (did you mean \"tag:money\"?)\n"
     "7:11 no posture \"healthy\"\n"
     "8:10 no hours \"work\"\n"
     "9:11 \"key_age\": \"soon\" is no duration: write a whole number and its unit: \"90s\", \"5m\", \"8h\" or \"7d\"\n"
     "10:13 \"proof_age\" has no unit (write \"8m\" or \"8h\")\n"
     "11:7 \"log\" does not take \"all\" (write \"flows\", or leave the key out)\n"
     "12:11 \"rollout\" does not take \"later\" (write \"shadow\", or leave the key out)\n"
     "13:1 \"sessions\" is not available in this version (nothing would check it; remove it from [allow.x])"},
    {"TestConditionsThatCannotBeRead",
     "[posture.healthy]\nfirewall = true\n[[test]]\nas = \"a@b.c\"\nposture = \"helthy\"\nproof = true\n"
     "cannot = \"10.0.0.1:1\"\n",
     "6:11 no posture \"helthy\" (did you mean \"healthy\"?)\n"
     "7:9 \"proof\" takes text in quotes"},
    {"PostureNameInATest",
     "[posture.healthy]\nfirewall = true\n[[test]]\nas = \"a@b.c\"\nposture = \"helthy\"\ncannot = \"10.0.0.1:1\"\n",
     "6:11 no posture \"helthy\" (did you mean \"healthy\"?)"},
    {"ResourceKeysOfALaterVersion", "[resources]\nw = { host = \"x\", net = \"10.0.0.1\", ports = \"any\" }\n",
     "3:7 \"host\" is not available in this version (nothing would check it; remove it from resource \"w\")"},
    {"PortWithoutProtocol", "[resources]\nw = { net = \"10.0.0.1\", ports = [443, \"80\", \"1-2\"] }\n",
     "3:34 port 443 has no protocol (write \"443/tcp\")\n"
     "3:39 port \"80\" has no protocol (write \"80/tcp\")\n"
     "3:45 port \"1-2\" has no protocol (write \"1-2/tcp\")"},
    {"PortsThatCannotBeRead",
     "[resources]\nw = { net = \"10.0.0.1\", ports = [\"65536/tcp\", \"9-3/udp\", \"80/tcpp\", \"8/icmp\", \"an\"] }\n",
     "3:34 cannot read port \"65536/tcp\" (ports are numbers from 0 to 65535: \"443/tcp\")\n"
     "3:47 port range \"9-3/udp\" runs backwards (write \"3-9/udp\")\n"
     "3:58 unknown protocol \"tcpp\" (did you mean \"tcp\"?)\n"
     "3:69 \"8/icmp\" gives icmp a port (icmp has no ports; write \"icmp\")\n"
     "3:79 cannot read port \"an\" (did you mean \"any\"?)"},
    {"HostBitsInAPrefix", "[networks]\no = [\"198.51.100.1/24\", \"fd00::1/64\"]\n",
     "3:6 \"198.51.100.1/24\" is no network prefix (did you mean \"198.51.100.0/24\"?)\n"
     "3:25 \"fd00::1/64\" is no network prefix (did you mean \"fd00::/64\"?)"},
    {"NoPrefixAtAll", "[networks]\no = [\"10.0.0.0/33\", \"office\", \"::ffff:10.0.0.1\"]\n",
     "3:6 \"10.0.0.0/33\" is no network prefix (the prefix length is a number from 0 to 32)\n"
     "3:21 \"office\" is no network prefix (write, for example, \"10.20.0.0/16\" or \"fd00:20::/48\")\n"
     "3:31 \"::ffff:10.0.0.1\" is no network prefix (write, for example, \"10.20.0.0/16\" or \"fd00:20::/48\")"},
    {"IncompleteResource", "[resources]\nw = {}\nv = 1\n",
     "3:1 resource \"w\" has no \"net\" (say which addresses it has)\n"
     "3:1 resource \"w\" has no \"ports\" (say which; ports = \"any\" opens all of them)\n"
     "4:5 resource \"v\" must be a table (write NAME = { net = \"10.20.4.10\", ports = \"443/tcp\" })"},
    {"IncompleteRule", "[deny.x]\n",
     "2:7 [deny.x] has no \"to\" (name a resource)\n"
     "2:7 [deny.x] has no \"who\" (name a group, an e-mail address or \"everyone\")"},
    {"RuleWithoutName", "[allow]\nwho = \"everyone\"\n",
     "3:1 \"who\" stands outside of a rule (write [allow.NAME], then who = ... and to = ...)"},
    {"EmptyLists", "[resources]\nw = { net = [], ports = [] }\n[deny.x]\nwho = []\nto = []\n",
     "3:13 \"net\" is empty and would never match (remove the key or fill the list)\n"
     "3:25 \"ports\" is empty and would never match (write \"any\" for all ports)\n"
     "5:7 \"who\" is empty and would never match (remove the key or fill the list)\n"
     "6:6 \"to\" is empty and would never match (remove the key or fill the list)"},
    {"AnyInAnAllow", "[allow.x]\nwho = \"everyone\"\nto = \"any\"\n",
     "4:6 an allow rule cannot open \"any\" (name the resources; \"any\" is for deny rules)"},
    {"UnknownNames",
     "[networks]\noffices = \"192.0.2.0/24\"\n[resources]\nbilling = { net = \"10.0.0.1\", ports = \"any\" }\n"
     "[deny.x]\nwho = \"every-one\"\nto = [\"biling\"]\nfrom = \"ofices\"\nnot_from = \"zebra\"\n",
     "7:7 no group \"every-one\" (did you mean \"everyone\"?)\n"
     "8:7 no resource \"biling\" (did you mean \"billing\"?)\n"
     "9:8 no network \"ofices\" (did you mean \"offices\"?)\n"
     "10:12 no network \"zebra\""},
    {"GroupsThatContainThemselves", "[groups]\na = [\"b\"]\nb = [\"c\"]\nc = [\"b\"]\nd = [\"d\"]\n",
     "4:1 group \"b\" contains itself (b -> c -> b)\n6:1 group \"d\" contains itself (d -> d)"},
    {"ReservedAndBadNames",
     "[groups]\neveryone = []\n\"a b\" = []\n[resources]\nany = { net = \"10.0.0.1\", ports = \"any\" }\n",
     "3:1 \"everyone\" is built in and cannot be defined (choose another name)\n"
     "4:1 group name \"a b\" is not allowed (names hold letters, digits, '-' and '_')\n"
     "6:1 \"any\" is built in and cannot be defined (choose another name)"},
    {"BadPeopleAndDevices",
     "[groups]\ng = [\"a@\", \"a@b@c\", \"a b@c\"]\n[deny.x]\nwho = \"everyone\"\nto = \"any\"\n"
     "devices = [\"tag:kiosk\", \"a b\"]\n",
     "3:6 \"a@\" is no e-mail address\n3:12 \"a@b@c\" is no e-mail address\n3:21 \"a b@c\" is no e-mail address\n"
     "7:12 device tags are not available in this version (list the device ids)\n"
     "7:25 \"a b\" is no device id (sallyportctl devices list shows the ids)"},
    {"Dates",
     "[deny.a]\nwho = \"everyone\"\nto = \"any\"\nuntil = \"2027-01-31\"\n"
     "[deny.b]\nwho = \"everyone\"\nto = \"any\"\nuntil = 2027-01-31T10:00:00\n"
     "[deny.c]\nwho = \"everyone\"\nto = \"any\"\nuntil = 2027-01-31T10:00:00.5Z\n"
     "[deny.d]\nwho = \"everyone\"\nto = \"any\"\nuntil = 1969-12-31\n",
     "5:9 \"until\" takes a date or a date with time (write 2027-01-31 or 2027-01-31T18:00:00Z, without quotes)\n"
     "9:9 \"until\" has no time zone (write 2027-01-31 or 2027-01-31T18:00:00Z, without quotes)\n"
     "13:9 \"until\" has a fraction of a second (write 2027-01-31 or 2027-01-31T18:00:00Z, without quotes)\n"
     "17:9 \"until\" is not between the years 1970 and 9999 (write 2027-01-31 or 2027-01-31T18:00:00Z, without "
     "quotes)"},
    {"BadTests", "[[test]]\n[[test]]\nas = \"ana\"\nfrom = \"office\"\ndevice = \"a b\"\ncan = \"10.0.0.1:1\"\n",
     "2:1 the test expects nothing (add \"can\" or \"cannot\")\n"
     "2:1 the test has no \"as\" (say whose access it tests)\n"
     "4:6 \"ana\" is no e-mail address (a test acts as one person)\n"
     "5:8 \"office\" is no address (write the laptop's outer address)\n"
     "6:10 \"a b\" is no device id"},
    {"TestTargets",
     "[resources]\nbilling = { net = \"10.0.0.1\", ports = \"any\" }\n[[test]]\nas = \"a@b.c\"\n"
     "cannot = [\"biling:1\", \"billing:x\", \"billing\", \"10.0.0.1\", \"10.0.0.1:99999\"]\n",
     "6:11 no resource \"biling\" (did you mean \"billing\"?)\n"
     "6:23 cannot read \"billing:x\" (write billing:443/tcp or billing/icmp)\n"
     "6:36 cannot read \"billing\" (write billing:443/tcp or billing/icmp)\n"
     "6:47 \"10.0.0.1\" has no port; write, for example, 10.0.0.1:443/tcp\n"
     "6:59 \"10.0.0.1:99999\" is no destination; write ADDRESS:PORT/PROTOCOL, as in 10.0.0.1:443/tcp or [fd00::1]:443"},
    {"WrongTypes", "groups = 1\nnetworks = []\nallow = \"x\"\n[test]\nas = 1\n",
     "2:10 \"groups\" must be a table (write [groups], then NAME = [\"ana@example.com\"])\n"
     "3:12 \"networks\" must be a table (write [networks], then NAME = [\"198.51.100.0/24\"])\n"
     "4:9 \"allow\" must be a table (write [allow.NAME], then who = ... and to = ...)\n"
     "5:1 \"test\" must be a list of tables (write [[test]])"},
};

INSTANTIATE_TEST_SUITE_P(Table, PolicyLoaderErrors, testing::ValuesIn(kCases),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(PolicyLoader, RefusesAMissingOrUnknownVersion) {
  EXPECT_EQ(errors_of("[groups]\n"), "p.toml:1:1: error: the file has no version (begin it with: version = 1)\n");
  for (const auto* version : {"version = 2", "version = \"1\"", "version = 1.0"}) {
    EXPECT_EQ(errors_of(version),
              "p.toml:1:11: error: this version of the policy language is unknown here (write: version = 1)\n");
  }
}

TEST(PolicyLoader, ReportsTheErrorsOfAllFilesAtOnceInOrder) {
  const auto loaded = load_policy_texts({{"b.toml", "version = 1\n[deny.x]\nwho = \"nobody\"\nto = \"any\"\nfoo = 1\n"},
                                         {"a.toml", "version = 1\nbar = 1\n"}});
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(to_string(loaded.error()),
            "a.toml:2:1: error: unknown key \"bar\" in the policy\n"
            "b.toml:3:7: error: no group \"nobody\"\n"
            "b.toml:5:1: error: unknown key \"foo\" in [deny.x]\n");
}

TEST(PolicyLoader, DoesNotCallNamesUnknownThatABrokenFileMayDefine) {
  const auto loaded = load_policy_texts(
      {{"a.toml", "version = 1\n[groups\n"}, {"b.toml", "version = 1\n[deny.x]\nwho = \"g\"\nto = \"any\"\n"}});
  ASSERT_FALSE(loaded.has_value());
  ASSERT_EQ(loaded.error().size(), 1U);
  EXPECT_EQ(loaded.error()[0].file, "a.toml");
  EXPECT_EQ(loaded.error()[0].line, 2U);
}

TEST(PolicyLoader, NeverPrintsControlCharactersOfAFile) {
  const auto errors = errors_of("version = 1\n\"\\u001b[31m\" = 1\n");
  EXPECT_EQ(errors.find('\x1b'), std::string::npos);
  EXPECT_NE(errors.find("\\x1b[31m"), std::string::npos);
}

TEST(PolicyLoader, ReadsAddressesOfPeopleInAnyCase) {
  const auto policy =
      policy_of("version = 1\n" + std::string{kWeb} + "[allow.x]\nwho = \"Ana@Example.COM\"\nto = \"web\"\n");
  EXPECT_TRUE(ask(*policy, as("ana@example.com"), "10.0.0.1:1").allows());
}

TEST(PolicyLoader, FindsPeopleInNestedGroupsAndGroupsOfEveryone) {
  const auto policy = policy_of("version = 1\n" + std::string{kWeb} + R"(
db = { net = "10.0.0.2", ports = "any" }
[groups]
a = ["ana@example.com"]
b = ["a", "bo@example.com"]
c = ["b"]
all = ["everyone"]
none = []
[allow.c]
who = "c"
to = "web"
[allow.none]
who = "none"
to = "db"
[deny.all]
who = "all"
to = "db"
)");
  EXPECT_TRUE(ask(*policy, as("ana@example.com"), "10.0.0.1:1").allows());
  EXPECT_TRUE(ask(*policy, as("bo@example.com"), "10.0.0.1:1").allows());
  EXPECT_FALSE(ask(*policy, as("cy@example.com"), "10.0.0.1:1").allows());
  EXPECT_EQ(ask(*policy, as("cy@example.com"), "10.0.0.2:1").reason, DecisionReason::DeniedByRule);
}

TEST(PolicyLoader, ATestWithoutDateDoesNotFailTheDayARuleEnds) {
  const std::string policy = "version = 1\n" + std::string{kWeb} +
                             "[allow.x]\nwho = \"everyone\"\nto = \"web\"\nuntil = 2001-01-01\n"
                             "[[test]]\nas = \"a@b.c\"\ncan = \"web:1\"\n";
  EXPECT_EQ(errors_of(policy), "");
  EXPECT_NE(errors_of(policy + "at = 2001-01-01\n"), "");
  EXPECT_EQ(errors_of(policy + "at = 2000-12-31T23:59:59Z\n"), "");
}

TEST(PolicyLoader, ATestOfAResourceAsksTheFirstAndLastAddressOfEveryPrefix) {
  const std::string head =
      "version = 1\n[resources]\nall = { net = [\"10.0.0.0/24\", \"fd00::/64\"], ports = \"any\" }\n";
  const std::string tail = "[[test]]\nas = \"a@b.c\"\ncan = \"all:1/udp\"\n";
  const auto allow = [&](const char* net) {
    return errors_of(head + "part = { net = " + net +
                     ", ports = \"any\" }\n[allow.x]\nwho = \"everyone\"\nto = \"part\"\n" + tail);
  };
  EXPECT_EQ(allow("[\"10.0.0.0/24\", \"fd00::/64\"]"), "");
  EXPECT_NE(allow("[\"10.0.0.0/25\", \"fd00::/64\"]").find("10.0.0.255:1/udp"), std::string::npos);
  EXPECT_NE(allow("[\"10.0.0.128/25\", \"fd00::/64\"]").find("10.0.0.0:1/udp"), std::string::npos);
  EXPECT_NE(allow("[\"10.0.0.0/24\", \"fd00::/65\"]").find("[fd00::ffff:ffff:ffff:ffff]:1/udp"), std::string::npos);
}

}  // namespace
}  // namespace sallyport
