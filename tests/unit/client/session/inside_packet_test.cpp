#include "client/session/inside_packet.hpp"

#include "tests/unit/client/session/inside_packets.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(InsideTraffic, IsWhatThisLaptopSendsToSomewhere) {
  const std::vector own{IpAddress::parse("10.99.0.7").value(), IpAddress::parse("fd12::7").value()};
  EXPECT_TRUE(is_traffic(inside_packet("10.99.0.7", "10.20.4.10"), own));
  EXPECT_TRUE(is_traffic(inside_packet("fd12::7", "fd00:20::1"), own));
  // What a kernel sends into every interface: searches for routers, memberships, names of neighbours.
  EXPECT_FALSE(is_traffic(inside_packet("fe80::1", "ff02::2"), own));
  EXPECT_FALSE(is_traffic(inside_packet("fd12::7", "ff02::16"), own));
  EXPECT_FALSE(is_traffic(inside_packet("10.99.0.7", "224.0.0.251"), own));
  EXPECT_FALSE(is_traffic(inside_packet("10.99.0.8", "10.20.4.10"), own));
  EXPECT_FALSE(is_traffic(ByteBuffer(3), own));
  EXPECT_FALSE(is_traffic({}, own));
  EXPECT_FALSE(is_traffic(inside_packet("10.99.0.7", "10.20.4.10"), {}));
}

}  // namespace
}  // namespace sallyport
