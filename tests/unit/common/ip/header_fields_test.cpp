#include "common/ip/header_fields.hpp"

#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace test;

TEST(HeaderFields, AreReadFromBothFamilies) {
  const auto v4 = packet("10.99.0.2", "10.20.4.10", udp(1, 2));
  const auto v6 = packet("fd12::2", "fd00:20::10", udp(1, 2));
  EXPECT_EQ(source_field(v4), address("10.99.0.2"));
  EXPECT_EQ(destination_field(v4), address("10.20.4.10"));
  EXPECT_EQ(source_field(v6), address("fd12::2"));
  EXPECT_EQ(destination_field(v6), address("fd00:20::10"));
}

TEST(HeaderFields, AreAbsentWhenTheHeaderIsCutOrForeign) {
  const auto v4 = packet("10.99.0.2", "10.20.4.10", udp(1, 2));
  const auto v6 = packet("fd12::2", "fd00:20::10", udp(1, 2));
  EXPECT_FALSE(destination_field({}));
  EXPECT_FALSE(destination_field(Bytes{v4}.first(19)));
  EXPECT_FALSE(source_field(Bytes{v6}.first(39)));
  EXPECT_FALSE(source_field(ByteBuffer(40, std::byte{0x50})));
}

}  // namespace
}  // namespace sallyport
