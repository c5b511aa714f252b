#include "tun/device.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(TunDevice, RefusesNamesThatNoInterfaceCanHave) {
  for (const auto* name : {"", ".", "..", "a/b", "a b", "a:b", "sixteen-letters-", "a\nb"}) {
    const auto device = TunDevice::open(name);
    ASSERT_FALSE(device.has_value()) << name;
    EXPECT_EQ(device.error().code, EINVAL) << name;
  }
}

}  // namespace
}  // namespace sallyport
