#include "server/gateway/listen_queue.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>

namespace sallyport {
namespace {

TEST(ListenQueue, IsComplainedOfWhereTheKernelKeepsItShorterThanItIsWanted) {
  EXPECT_FALSE(short_queue("16384\n").has_value());
  EXPECT_FALSE(short_queue("65535\n").has_value());
  for (const auto* setting : {"16383\n", "4096\n", "128", "0\n"}) {
    const auto queue = short_queue(setting);
    ASSERT_TRUE(queue.has_value()) << setting;
    EXPECT_EQ(queue->allowed, std::stoull(setting));
    EXPECT_NE(queue->words.find(std::to_string(queue->allowed) + " connections"), std::string::npos) << queue->words;
    EXPECT_NE(queue->words.find("sysctl -w net.core.somaxconn=16384"), std::string::npos) << queue->words;
  }
}

TEST(ListenQueue, IsNotComplainedOfWhereNobodyKnows) {
  EXPECT_FALSE(short_queue("").has_value());
  EXPECT_FALSE(short_queue("many\n").has_value());
}

TEST(ListenQueue, IsThatOfThisSystem) {
  std::uint64_t allowed = 0;
  std::ifstream{"/proc/sys/net/core/somaxconn"} >> allowed;
  ASSERT_GT(allowed, 0U);
  const auto queue = short_queue_here();
  EXPECT_EQ(queue.has_value(), allowed < std::uint64_t{kListenQueue});
  EXPECT_EQ(queue ? queue->allowed : allowed, allowed);
}

}  // namespace
}  // namespace sallyport
