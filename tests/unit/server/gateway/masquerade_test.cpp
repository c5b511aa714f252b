#include "server/gateway/masquerade.hpp"

#include "common/base/process.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

const std::vector<IpPrefix> kPool{IpPrefix::parse("10.99.0.0/24").value(),
                                  IpPrefix::parse("fd12:3456:789a::/64").value()};

TEST(MasqueradeScript, NamesEveryPoolPrefixAndTheInterfaceTowardsTheOffice) {
  const auto script = masquerade_script(kPool, "lan0", "sallyport0");
  EXPECT_NE(script.find("ip saddr 10.99.0.0/24 oifname \"lan0\" masquerade"), std::string::npos);
  EXPECT_NE(script.find("ip6 saddr fd12:3456:789a::/64 oifname \"lan0\" masquerade"), std::string::npos);
}

TEST(MasqueradeScript, LeavesOnlyTheTunnelOutWhenNoInterfaceIsNamed) {
  EXPECT_NE(masquerade_script(kPool, "", "sallyport0").find("oifname != \"sallyport0\" masquerade"), std::string::npos);
}

TEST(MasqueradeScript, IsWhatNftUnderstands) {
  if (!find_program("nft")) GTEST_SKIP() << "nft is not installed";
  const auto outcome =
      run_process({.argv = {"unshare", "-Urn", "nft", "-f", "-"}, .input = masquerade_script(kPool, "", "sallyport0")});
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  if (outcome->errors.find("unshare") != std::string::npos) GTEST_SKIP() << outcome->errors;
  EXPECT_EQ(outcome->exit_code, 0) << outcome->errors;
}

}  // namespace
}  // namespace sallyport
