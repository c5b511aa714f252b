#include "client/daemon/denials.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

Denial denial(const std::string& to, const std::string& code = "K7Q2-9XPD") {
  return {WallTime{std::chrono::seconds{1'000'000}}, to, "not_allowed", "no", code};
}

TEST(Denials, ListTheNewestFirst) {
  Denials denials;
  EXPECT_TRUE(denials.add(denial("10.0.0.1:1/tcp")));
  EXPECT_TRUE(denials.add(denial("10.0.0.1:2/tcp")));
  const auto list = denials.to_json();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0]["to"], "10.0.0.1:2/tcp");
  EXPECT_EQ(list[0]["time"], "1970-01-12T13:46:40Z");
  EXPECT_EQ(list[0]["code"], "K7Q2-9XPD");
}

TEST(Denials, KeepOneEntryPerDestinationTheLatest) {
  Denials denials;
  EXPECT_TRUE(denials.add(denial("10.0.0.1:1/tcp", "OLD")));
  EXPECT_TRUE(denials.add(denial("10.0.0.1:2/tcp")));
  EXPECT_FALSE(denials.add(denial("10.0.0.1:1/tcp", "NEW")));
  EXPECT_EQ(denials.size(), 2U);
  ASSERT_NE(denials.find("10.0.0.1:1/tcp"), nullptr);
  EXPECT_EQ(denials.find("10.0.0.1:1/tcp")->code, "NEW");
  EXPECT_EQ(denials.find("10.0.0.9:1/tcp"), nullptr);
}

TEST(Denials, ForgetTheOldestBeyondFifty) {
  Denials denials;
  for (int port = 1; port <= 60; ++port) (void)denials.add(denial("10.0.0.1:" + std::to_string(port) + "/tcp"));
  EXPECT_EQ(denials.size(), Denials::kCapacity);
  EXPECT_EQ(denials.find("10.0.0.1:10/tcp"), nullptr);
  EXPECT_NE(denials.find("10.0.0.1:11/tcp"), nullptr);
}

}  // namespace
}  // namespace sallyport
