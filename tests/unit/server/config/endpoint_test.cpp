#include "server/config/endpoint.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

std::string canonical(std::string_view text) {
  const auto endpoint = Endpoint::parse(text);
  return endpoint ? endpoint->to_string() : "refused";
}

TEST(Endpoint, AcceptsBothFamilies) {
  EXPECT_EQ(canonical("192.0.2.1:443"), "192.0.2.1:443");
  EXPECT_EQ(canonical("0.0.0.0:1"), "0.0.0.0:1");
  EXPECT_EQ(canonical("[2001:DB8::1]:65535"), "[2001:db8::1]:65535");
  EXPECT_EQ(canonical("[::]:443"), "[::]:443");
}

TEST(Endpoint, RefusesWhatIsNotExactlyAddressAndPort) {
  for (const auto* text : {"", ":", ":443", "192.0.2.1", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:065",
                           "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1: 443", "[192.0.2.1]:443", "2001:db8::1:443",
                           "[::]443", "[]:443", "example.com:443", "[::1%lo]:443", "[::]:443 "}) {
    EXPECT_EQ(canonical(text), "refused") << text;
  }
}

}  // namespace
}  // namespace sallyport
