#include "common/pki/hmac.hpp"

#include "common/base/hex.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport {
namespace {

std::string mac_of(const ByteBuffer& key, std::string_view message) {
  const auto mac = hmac_sha1(key, as_bytes(message));
  EXPECT_TRUE(mac.has_value());
  return mac ? to_hex(*mac) : "";
}

// RFC 2202 section 3.
TEST(HmacSha1, GivesThePublishedMacs) {
  EXPECT_EQ(mac_of(ByteBuffer(20, std::byte{0x0b}), "Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(mac_of({std::byte{'J'}, std::byte{'e'}, std::byte{'f'}, std::byte{'e'}}, "what do ya want for nothing?"),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(mac_of(ByteBuffer(80, std::byte{0xaa}), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

// RFC 4231 section 4.3.
TEST(HmacSha256, GivesThePublishedMac) {
  const auto mac = hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"));
  ASSERT_TRUE(mac);
  EXPECT_EQ(to_hex(*mac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(EqualInConstantTime, IsTrueOfEqualOctetsAlone) {
  EXPECT_TRUE(equal_in_constant_time({}, {}));
  EXPECT_TRUE(equal_in_constant_time(as_bytes("123456"), as_bytes("123456")));
  EXPECT_FALSE(equal_in_constant_time(as_bytes("123456"), as_bytes("123457")));
  EXPECT_FALSE(equal_in_constant_time(as_bytes("223456"), as_bytes("123456")));
  EXPECT_FALSE(equal_in_constant_time(as_bytes("12345"), as_bytes("123456")));
}

}  // namespace
}  // namespace sallyport
