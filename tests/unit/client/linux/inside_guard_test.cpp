#include "client/linux/inside_guard.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(InsideGuard, TellsWhatNftIsToDo) {
  const auto forgets = guard_script("lab", {});
  const auto script = guard_script("lab", {*IpAddress::parse("10.99.0.14"), *IpAddress::parse("fd00:99::14")});
  EXPECT_TRUE(script.starts_with(forgets)) << "each script stands for all of it";
  EXPECT_NE(script.find("ip6 daddr fd00:99::14 counter drop"), std::string::npos) << script;
}

}  // namespace
}  // namespace sallyport
