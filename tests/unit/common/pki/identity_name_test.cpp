#include "common/pki/identity_name.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport {
namespace {

TEST(IdentityName, KnowsDeviceIds) {
  for (const char* id : {"a", "laptop-7", "0", "-"}) EXPECT_TRUE(is_device_id(id)) << id;
  for (const char* id : {"", "A", "a b", "a_b", "a.b", "a/b", "ä"}) EXPECT_FALSE(is_device_id(id)) << id;
  EXPECT_TRUE(is_device_id(std::string(63, 'a')));
  EXPECT_FALSE(is_device_id(std::string(64, 'a')));
}

TEST(IdentityName, KnowsUsers) {
  for (const char* user : {"ana@example.com", "a.b+c@x", "o'hara@mail.example.com"})
    EXPECT_TRUE(is_user_id(user)) << user;
  for (const char* user : {"", "ana", "@example.com", "ana@", "a@b@c", "Ana@example.com", "a..b@x", ".a@x", "a b@x",
                           "a@x..y", "a@-x", "a\n@x", "a,b@x"}) {
    EXPECT_FALSE(is_user_id(user)) << user;
  }
}

TEST(IdentityName, RoundTripsDeviceUris) {
  const auto uri = DeviceUri::parse("spiffe://example.com/device/laptop-7");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->trust_domain, "example.com");
  EXPECT_EQ(uri->device, DeviceId{"laptop-7"});
  EXPECT_EQ(uri->to_string(), "spiffe://example.com/device/laptop-7");
}

TEST(IdentityName, RefusesOtherUris) {
  for (const char* uri :
       {"", "spiffe://", "spiffe:///device/a", "spiffe://example.com", "spiffe://example.com/",
        "spiffe://example.com/device/", "spiffe://example.com/device/a/", "spiffe://example.com/device/a?x",
        "spiffe://example.com/device/a#x", "SPIFFE://example.com/device/a", "spiffe://Example.com/device/a",
        "spiffe://u@example.com/device/a", "spiffe://example.com:1/device/a", "spiffe://example.com/x/device/a",
        "spiffe://example.com/device/a%20", "https://example.com/device/a"}) {
    EXPECT_FALSE(DeviceUri::parse(uri)) << uri;
  }
}

}  // namespace
}  // namespace sallyport
