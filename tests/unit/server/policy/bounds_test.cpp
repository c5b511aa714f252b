#include "server/policy/limits.hpp"
#include "server/policy/policy.hpp"
#include "server/policy/text_shape.hpp"
#include "tests/unit/server/policy/allocation_counter.hpp"
#include "tests/unit/server/policy/policy_text.hpp"
#include "tests/unit/server/policy/printer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <functional>

namespace sallyport {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kSlowdown = 20;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr double kSlowdown = 20;
#else
constexpr double kSlowdown = 1;
#endif
#else
constexpr double kSlowdown = 1;
#endif

/// CPU seconds, so that a busy machine does not fail the test.
double seconds_of(const std::function<void()>& work) {
  const auto start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

IpPrefix host(unsigned number) { return IpPrefix::host(IpAddress::v4(0x0a000000U + number)); }

NameUse name(std::string text) { return NameUse{std::move(text), {}}; }

/// `rules` rules over as many resources, which share `prefixes` prefixes.
PolicyDocument large_document(unsigned rules, unsigned prefixes) {
  PolicyDocument document;
  document.files.push_back("large.toml");
  document.groups.push_back({"staff", {}, {name("ana@example.com")}});
  for (unsigned i = 0; i < rules; ++i) {
    PolicyResource resource{
        "r" + std::to_string(i), {}, {}, {*parse_service(std::to_string(1 + i % 60'000) + "/tcp")}, {}};
    for (unsigned p = i; p < prefixes; p += rules) resource.prefixes.push_back(host(p * 2));
    document.resources.push_back(std::move(resource));
    PolicyRule rule;
    rule.kind = i % 10 == 0 ? RuleKind::Deny : RuleKind::Allow;
    rule.name = "x" + std::to_string(i);
    rule.who = {name("staff")};
    rule.to = {name("r" + std::to_string(i))};
    document.rules.push_back(std::move(rule));
  }
  return document;
}

TEST(PolicyBounds, CompilesTenThousandRulesAndAHundredThousandPrefixesWithinASecond) {
  const auto document = large_document(10'000, 100'000);
  std::shared_ptr<const Policy> policy;
  const auto resolving = seconds_of([&] { policy = *Policy::compile(document); });
  std::shared_ptr<const Rights> rights;
  const auto compiling = seconds_of([&] { rights = policy->rights_for(as("ana@example.com"), kToday); });
  std::vector<IpRange> ranges;
  const auto listing = seconds_of([&] { ranges = rights->reachable(kToday); });
  RecordProperty("resolve_ms", static_cast<int>(resolving * 1000));
  RecordProperty("rights_ms", static_cast<int>(compiling * 1000));
  RecordProperty("reachable_ms", static_cast<int>(listing * 1000));
  EXPECT_EQ(ranges.size(), 90'000U);
  EXPECT_LT(resolving, 2 * kSlowdown);
  EXPECT_LT(compiling, 1 * kSlowdown);
  EXPECT_LT(listing, 1 * kSlowdown);
  EXPECT_TRUE(rights->judge({IpAddress::v4(0x0a000002U), kProtocolTcp, 2}, kToday).allows());
}

/// A thousand rules for every host of a wide network, and a deny for each of its ports: every prefix inherits a lot.
TEST(PolicyBounds, StaysFastWhenEveryPrefixInheritsManyPorts) {
  PolicyDocument document;
  PolicyResource wide{"wide", {}, {*IpPrefix::parse("10.0.0.0/8")}, {}, {}};
  for (unsigned port = 0; port < 20'000; ++port)
    wide.services.push_back(*parse_service(std::to_string(port * 2) + "/tcp"));
  document.resources.push_back(wide);
  wide.name = "closed";
  document.resources.push_back(wide);
  for (unsigned i = 0; i < 15'000; ++i) {
    document.resources.push_back({"h" + std::to_string(i), {}, {host(i * 2)}, {kAnyService}, {}});
  }
  for (const auto& resource : document.resources) {
    PolicyRule rule;
    rule.kind = resource.name == "wide" ? RuleKind::Allow : RuleKind::Deny;
    rule.name = resource.name;
    rule.who = {name("everyone")};
    rule.to = {name(resource.name)};
    document.rules.push_back(std::move(rule));
  }
  const auto policy = Policy::compile(document);
  ASSERT_TRUE(policy.has_value()) << to_string(policy.error());
  std::shared_ptr<const Rights> rights;
  EXPECT_LT(seconds_of([&] { rights = (*policy)->rights_for(as("ana@example.com"), kToday); }), 1 * kSlowdown);
  EXPECT_LT(seconds_of([&] { EXPECT_TRUE(rights->reachable(kToday).empty()); }), 1 * kSlowdown);
}

TEST(PolicyBounds, JudgesWithoutAllocating) {
  const auto policy = *Policy::compile(large_document(1'000, 10'000));
  const auto rights = policy->rights_for(as("ana@example.com"), kToday);
  const Destination v4{IpAddress::v4(0x0a000002U), kProtocolTcp, 2};
  const Destination v6{*IpAddress::parse("fd00::1"), kProtocolIcmpV6, 0};
  unsigned allowed = 0;
  const auto before = allocation_count();
  for (unsigned i = 0; i < 1'000; ++i) {
    allowed += rights->judge(v4, kToday).allows() ? 1U : 0U;
    allowed += rights->judge(v6, kToday).allows() ? 1U : 0U;
  }
  EXPECT_EQ(allocation_count(), before);
  EXPECT_EQ(allowed, 1'000U);
}

TEST(PolicyBounds, LoadsAndRefuses64KibOfAnythingWithin100Milliseconds) {
  constexpr std::size_t kSize = 64U << 10U;
  std::string valid = print_policy(large_document(400, 1'000)).substr(0, kSize);
  valid.resize(valid.rfind("[allow"));
  std::string unknown = "version = 1\n[deny.x]\nto = \"any\"\nwho = [";
  while (unknown.size() + 20 < kSize) unknown += "\"name" + std::to_string(unknown.size()) + "\",";
  std::string keys = "version = 1\n";
  for (unsigned i = 0; keys.size() + 20 < kSize; ++i) keys += "key" + std::to_string(i) + " = 1\n";
  std::string groups = "version = 1\n[groups]\n";
  for (unsigned i = 0; groups.size() + 30 < kSize; ++i)
    groups += "g" + std::to_string(i) + " = [\"g" + std::to_string(i + 1) + "\"]\n";
  for (const auto& text : {valid, unknown + "]\n", keys, groups, std::string(kSize, '['), std::string(kSize, '\''),
                           std::string(kSize, '\n'), std::string(kSize, '#')}) {
    const auto spent = seconds_of([&] { static_cast<void>(load_policy_texts({{"p.toml", text}})); });
    EXPECT_LT(spent, 0.1 * kSlowdown) << text.substr(0, 40);
  }
}

TEST(PolicyBounds, RefusesTextsWhoseTreeWouldOverflowTheStack) {
  std::string dotted = "version = 1\n";
  for (unsigned i = 0; i < 100'000; ++i) dotted += "a.";
  std::string spread = "x = ";
  for (unsigned i = 0; i < 200; ++i) spread += "[\n{a.a.a.a = ";
  for (const auto& text : {dotted + "a = 1\n", "[" + dotted.substr(12) + "a]\n", spread,
                           "x = " + std::string(5'000, '['), "x = '''\n''' \ny = " + std::string(17, '[')}) {
    const auto loaded = load_policy_texts({{"p.toml", text}});
    ASSERT_FALSE(loaded.has_value());
    EXPECT_EQ(loaded.error()[0].message, "brackets or dotted keys nest too deep");
  }
}

TEST(PolicyBounds, DoesNotCountDotsAndBracketsInsideOfStringsAndComments) {
  const std::string many(50, '[');
  const std::string dots(50, '.');
  for (const auto& text :
       {"x = \"" + many + dots + "\\\"" + many + "\"\n", "x = '" + many + dots + "'\n", "# " + many + dots + "\n",
        "x = \"\"\"" + many + "\n\"" + dots + "\"\"\"\"\"\n", "x = '''" + many + "\n''" + dots + "'''''\n"}) {
    EXPECT_FALSE(find_shape_fault(text).has_value()) << text;
    const auto fault = find_shape_fault(text + many);
    ASSERT_TRUE(fault.has_value()) << text;
    EXPECT_EQ(fault->line, 1U + static_cast<unsigned>(std::count(text.begin(), text.end(), '\n')));
  }
}

TEST(PolicyBounds, RefusesLettersBeyondAsciiOutsideOfStringsAndComments) {
  EXPECT_EQ(errors_of("version = 1\nx = \xc3\xa9\n"),
            "p.toml:2: error: names and values with letters beyond ASCII need quotes\n");
  EXPECT_EQ(errors_of("\xef\xbb\xbfversion = 1 # caf\xc3\xa9\n"), "");
}

TEST(PolicyBounds, RefusesMoreRulesPrefixesAndCombinationsThanTheLimits) {
  const auto errors_for = [](const PolicyDocument& document) {
    const auto policy = Policy::compile(document);
    return policy ? std::string{} : to_string(policy.error());
  };
  EXPECT_EQ(errors_for(large_document(kMaxPolicyRules, kMaxPolicyRules)), "");
  EXPECT_EQ(errors_for(large_document(kMaxPolicyRules + 1, kMaxPolicyRules + 1)),
            "error: the policy has 20001 rules; at most 20000 are allowed\n");
  EXPECT_EQ(errors_for(large_document(1, kMaxPolicyPrefixes + 1)),
            "error: the policy has 200001 prefixes; at most 200000 are allowed\n");
  PolicyDocument product = large_document(1, 1'000);
  for (unsigned port = 0; port <= 2'000; ++port) {
    product.resources[0].services.push_back(*parse_service(std::to_string(port) + "/udp"));
  }
  EXPECT_EQ(errors_for(product),
            "error: the policy has 2002000 combinations of prefix and port range; at most 2000000 are allowed\n");
}

TEST(PolicyBounds, ReportsABoundedNumberOfErrorsAndCountsTheRest) {
  std::string text = "version = 1\n";
  for (unsigned i = 0; i < 1'500; ++i) text += "k" + std::to_string(i) + " = 1\n";
  const auto loaded = load_policy_texts({{"p.toml", text}});
  ASSERT_FALSE(loaded.has_value());
  ASSERT_EQ(loaded.error().size(), kMaxPolicyErrors + 1);
  EXPECT_EQ(loaded.error().back().message, "500 more errors are not shown");
}

}  // namespace
}  // namespace sallyport
