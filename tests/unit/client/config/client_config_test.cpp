#include "client/config/client_config.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

struct EndpointCase {
  const char* name;
  const char* text;
  const char* canonical;  ///< nullptr: refused
};

class GatewayEndpointParse : public testing::TestWithParam<EndpointCase> {};

TEST_P(GatewayEndpointParse, AcceptsNamesAndAddressesWithAPort) {
  const auto endpoint = GatewayEndpoint::parse(GetParam().text);
  EXPECT_EQ(endpoint ? endpoint->to_string() : "refused", GetParam().canonical ? GetParam().canonical : "refused");
}

INSTANTIATE_TEST_SUITE_P(Table, GatewayEndpointParse,
                         testing::Values(EndpointCase{"Name", "vpn.example.com:443", "vpn.example.com:443"},
                                         EndpointCase{"NameAlone", "vpn.example.com", "vpn.example.com:443"},
                                         EndpointCase{"Capitals", "VPN.Example.com:1", "vpn.example.com:1"},
                                         EndpointCase{"V4", "192.0.2.1:65535", "192.0.2.1:65535"},
                                         EndpointCase{"V6", "[2001:DB8::1]:443", "[2001:db8::1]:443"},
                                         EndpointCase{"V6Alone", "[2001:db8::1]", "[2001:db8::1]:443"},
                                         EndpointCase{"Empty", "", nullptr}, EndpointCase{"PortAlone", ":443", nullptr},
                                         EndpointCase{"PortMissing", "a.example:", nullptr},
                                         EndpointCase{"PortTooHigh", "a.example:65536", nullptr},
                                         EndpointCase{"BareV6", "2001:db8::1:443", nullptr},
                                         EndpointCase{"BracketedName", "[a.example]:443", nullptr},
                                         EndpointCase{"OpenBracket", "[2001:db8::1:443", nullptr},
                                         EndpointCase{"Url", "https://a.example", nullptr},
                                         EndpointCase{"Blank", "a example:443", nullptr},
                                         EndpointCase{"OptionLike", "-oProxy:443", nullptr}),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(ProfileName, IsShortAndPlain) {
  EXPECT_TRUE(is_profile_name("office-2"));
  EXPECT_FALSE(is_profile_name(""));
  EXPECT_FALSE(is_profile_name("../etc"));
  EXPECT_FALSE(is_profile_name("Office"));
  EXPECT_FALSE(is_profile_name(std::string(33, 'a')));
}

}  // namespace
}  // namespace sallyport
