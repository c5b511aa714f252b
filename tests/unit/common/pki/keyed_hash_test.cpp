#include "common/pki/keyed_hash.hpp"

#include "common/base/hex.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

Bytes octets_of(std::string_view text) { return std::as_bytes(std::span{text.data(), text.size()}); }

// RFC 4231, test case 2.
TEST(KeyedHash, IsHmacSha256) {
  const auto hash = keyed_hash(octets_of("Jefe"), octets_of("what do ya want for nothing?"));
  ASSERT_TRUE(hash);
  EXPECT_EQ(to_hex(*hash), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace sallyport
