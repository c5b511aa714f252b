#include "server/gateway/listener.hpp"

#include "common/base/congestion.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

std::vector<FileDescriptor> two_listeners() {
  std::vector<FileDescriptor> listeners;
  for (const auto* address : {"127.0.0.1", "127.0.0.2"}) {
    auto listener = listen_on(*IpAddress::parse(address), 0);
    EXPECT_TRUE(listener);
    if (listener) listeners.push_back(std::move(*listener));
  }
  return listeners;
}

TEST(Listener, EveryOneHasTheCongestionControlThatIsAskedFor) {
  const auto listeners = two_listeners();
  const auto begins_unpaced = set_congestion(listeners, "reno");
  ASSERT_TRUE(begins_unpaced);
  EXPECT_FALSE(*begins_unpaced) << "that is for BBR";
  for (const auto& listener : listeners) EXPECT_EQ(congestion_of(listener.get()), "reno");
}

TEST(Listener, SaysThatTheKernelDoesNotHaveIt) {
  const auto listeners = two_listeners();
  const auto refused = set_congestion(listeners, "no-such-thing");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("no-such-thing"), std::string::npos) << refused.error().message;
}

}  // namespace
}  // namespace sallyport
