#include "client/config/service_address.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

struct Row {
  const char* name;
  const char* text;
  const char* canonical;  ///< nullptr: refused
};

class ServiceAddressParse : public testing::TestWithParam<Row> {};

TEST_P(ServiceAddressParse, TakesWhatPeopleWriteAndGivesWhatTheWireWrites) {
  const auto service = ServiceAddress::parse(GetParam().text);
  EXPECT_EQ(service ? service->to_string() : "refused", GetParam().canonical ? GetParam().canonical : "refused");
}

INSTANTIATE_TEST_SUITE_P(
    Table, ServiceAddressParse,
    testing::Values(
        Row{"TcpIsMeant", "10.20.4.10:22", "10.20.4.10:22/tcp"}, Row{"Udp", "10.20.4.10:53/udp", "10.20.4.10:53/udp"},
        Row{"CapitalProtocol", "10.20.4.10:53/UDP", "10.20.4.10:53/udp"},
        Row{"Name", "Git.example.com:443", "git.example.com:443/tcp"},
        Row{"Ipv6", "[FD00:20::1]:443", "[fd00:20::1]:443/tcp"}, Row{"Icmp", "10.20.4.10/icmp", "10.20.4.10/icmp"},
        Row{"Icmpv6Bracketed", "[fd00::1]/icmpv6", "[fd00::1]/icmpv6"},
        Row{"Icmpv6Bare", "fd00::1/icmpv6", "[fd00::1]/icmpv6"}, Row{"ProtocolNumber", "10.0.0.1/47", "10.0.0.1/47"},
        Row{"Empty", "", nullptr}, Row{"NoPort", "10.20.4.10", nullptr}, Row{"NoPortIpv6", "[fd00::1]", nullptr},
        Row{"NoPortForUdp", "10.20.4.10/udp", nullptr}, Row{"PortForIcmp", "10.0.0.1:1/icmp", nullptr},
        Row{"PortZero", "10.0.0.1:0", nullptr}, Row{"PortTooHigh", "10.0.0.1:65536", nullptr},
        Row{"UnknownProtocol", "10.0.0.1:1/sctp", nullptr}, Row{"NumberTooHigh", "10.0.0.1/256", nullptr},
        Row{"BareIpv6WithPort", "fd00::1:443", nullptr}, Row{"ControlOctet", "git\n:22", nullptr},
        Row{"Path", "../etc/passwd:22", nullptr},
        Row{"Url", "https://Wiki.example.com/page?x=1:2#y", "wiki.example.com:443/tcp"},
        Row{"UrlWithoutPath", "HTTP://10.20.4.10", "10.20.4.10:80/tcp"},
        Row{"UrlWithPort", "https://10.20.4.10:8443/x", "10.20.4.10:8443/tcp"},
        Row{"UrlOfIpv6", "https://[fd00::1]/x", "[fd00::1]:443/tcp"},
        Row{"UrlWithUser", "ssh://ana@git.example.com/repo", "git.example.com:22/tcp"},
        Row{"UrlOfNothing", "https://", nullptr}, Row{"UnknownScheme", "ftp://10.0.0.1/", nullptr}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(ServiceAddress, TellsAddressesFromNames) {
  EXPECT_TRUE(ServiceAddress::parse("10.0.0.1:1")->address());
  EXPECT_FALSE(ServiceAddress::parse("git:1")->address());
  EXPECT_EQ(ServiceAddress::parse("git:1/udp")->at(*IpAddress::parse("fd00::1")).to_string(), "[fd00::1]:1/udp");
}

}  // namespace
}  // namespace sallyport
