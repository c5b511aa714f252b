#include "common/ip/address.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(IpPrefixParse, AcceptsOnlyTheCanonicalForm) {
  for (const auto* good : {"10.0.0.0/8", "10.1.2.3/32", "0.0.0.0/0", "fd00::/8", "::/0", "fd00::1/128"}) {
    const auto prefix = IpPrefix::parse(good);
    ASSERT_TRUE(prefix) << good;
    EXPECT_EQ(prefix->to_string(), good);
  }
  for (const auto* bad : {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "10.0.0.0/8 ", "fd00::1/64",
                          "fd00::/129", "::ffff:10.0.0.1/128", "", "10.0.0.0/08"}) {
    EXPECT_FALSE(IpPrefix::parse(bad)) << bad;
  }
}

TEST(IpPrefixContains, ComparesOnlyTheLeadingBits) {
  const auto prefix = IpPrefix::parse("10.20.4.0/22").value();
  EXPECT_TRUE(prefix.contains(IpAddress::parse("10.20.7.255").value()));
  EXPECT_FALSE(prefix.contains(IpAddress::parse("10.20.8.0").value()));
  EXPECT_FALSE(prefix.contains(IpAddress::parse("fd00::1").value()));
  EXPECT_EQ(prefix.last().to_string(), "10.20.7.255");
}

TEST(IpPrefixContains, TheDefaultPrefixHoldsOnlyItsOwnFamily) {
  EXPECT_TRUE(IpPrefix::parse("0.0.0.0/0")->contains(IpAddress::parse("255.255.255.255").value()));
  EXPECT_FALSE(IpPrefix::parse("0.0.0.0/0")->contains(IpAddress::parse("::").value()));
}

TEST(IpAddressClass, NamesMartiansAndLocals) {
  for (const auto* text :
       {"0.1.2.3", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "ff02::1"}) {
    EXPECT_TRUE(IpAddress::parse(text)->is_martian()) << text;
  }
  for (const auto* text : {"10.0.0.1", "192.0.2.1", "fd00::1", "2001:db8::1"}) {
    EXPECT_FALSE(IpAddress::parse(text)->is_martian()) << text;
  }
  EXPECT_TRUE(IpAddress::parse("169.254.1.1")->is_link_local());
  EXPECT_TRUE(IpAddress::parse("febf::1")->is_link_local());
  EXPECT_FALSE(IpAddress::parse("fec0::1")->is_link_local());
}

TEST(IpAddressNext, CarriesAndEndsWithTheFamily) {
  EXPECT_EQ(IpAddress::parse("10.0.0.255")->next(), IpAddress::parse("10.0.1.0"));
  EXPECT_EQ(IpAddress::parse("255.255.255.255")->next(), std::nullopt);
}

}  // namespace
}  // namespace sallyport
