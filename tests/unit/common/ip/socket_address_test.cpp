#include "common/ip/socket_address.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(SocketAddress, ComesBackAsTheAddressItWasMadeFrom) {
  for (const char* text : {"192.0.2.1", "2001:db8::1", "127.0.0.1"}) {
    const auto address = *IpAddress::parse(text);
    const auto socket_address = SocketAddress::make(address, 443);
    EXPECT_EQ(address_of(*socket_address.get()), address) << text;
  }
}

TEST(SocketAddress, OfAMappedAddressIsIpv4) {
  std::array<std::byte, 16> mapped{};
  mapped[10] = mapped[11] = std::byte{0xff};
  mapped[12] = std::byte{192};
  mapped[15] = std::byte{1};
  EXPECT_EQ(address_of(*SocketAddress::make(IpAddress::from_octets(mapped), 1).get())->to_string(), "192.0.0.1");
}

TEST(SocketAddress, OfAnotherFamilyIsNone) {
  const sockaddr local{.sa_family = AF_UNIX, .sa_data = {}};
  EXPECT_FALSE(address_of(local));
}

}  // namespace
}  // namespace sallyport
