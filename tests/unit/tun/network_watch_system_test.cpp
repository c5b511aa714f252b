#include "tun/network_watch.hpp"

#include "common/base/file_descriptor.hpp"
#include "tun/device.hpp"
#include "tun/network_config.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstring>
#include <vector>

namespace sallyport {
namespace {

constexpr const char* kName = "watched";
constexpr std::uint32_t kTable = 8383;

/// Runs in a network namespace that its tests share.
class NetworkWatchTest : public testing::Test {
 protected:
  NetworkConfig config_ = NetworkConfig::open().value();
  NetworkWatch watch_ = NetworkWatch::open(kTable).value();
};

TEST_F(NetworkWatchTest, TellsThatTheInterfaceWhichItLooksAfterHasAnotherAlias) {
  const auto device = TunDevice::open(kName).value();
  ASSERT_TRUE(config_.set_up(kName));
  ASSERT_TRUE(config_.set_alias(kName, "ours"));
  (void)watch_.take();
  ASSERT_TRUE(config_.set_alias(kName, "another"));
  EXPECT_FALSE(watch_.take()) << "of no interface that it looks after";
  watch_.look_after(kName, "ours");
  ASSERT_TRUE(config_.set_alias(kName, "ours"));
  EXPECT_FALSE(watch_.take()) << "it is put back";
  for (const char* alias : {"another", "our", "ours, too"}) {
    ASSERT_TRUE(config_.set_alias(kName, alias));
    EXPECT_TRUE(watch_.take()) << alias;
  }
}

TEST_F(NetworkWatchTest, TakesForALossWhatIsTooLongToBeRead) {
  const FileDescriptor socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
  sockaddr_nl everybody{};
  everybody.nl_family = AF_NETLINK;
  everybody.nl_groups = RTMGRP_LINK;
  const auto say = [&](std::size_t size) {
    std::vector<std::byte> octets(size);
    nlmsghdr nothing{};
    nothing.nlmsg_len = static_cast<std::uint32_t>(size);
    nothing.nlmsg_type = NLMSG_NOOP;
    std::memcpy(octets.data(), &nothing, sizeof nothing);
    return ::sendto(socket.get(), octets.data(), size, 0, reinterpret_cast<const sockaddr*>(&everybody),
                    sizeof everybody) == static_cast<ssize_t>(size);
  };
  ASSERT_TRUE(say(32U << 10U));
  EXPECT_FALSE(watch_.take());
  ASSERT_TRUE(say((32U << 10U) + 16U));
  EXPECT_TRUE(watch_.take());
}

}  // namespace
}  // namespace sallyport
