#include "common/base/base64.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(Base64, WritesTheVectorsOfRfc4648) {
  EXPECT_EQ(to_base64(as_bytes("")), "");
  EXPECT_EQ(to_base64(as_bytes("f")), "Zg==");
  EXPECT_EQ(to_base64(as_bytes("fo")), "Zm8=");
  EXPECT_EQ(to_base64(as_bytes("foo")), "Zm9v");
  EXPECT_EQ(to_base64(as_bytes("foobar")), "Zm9vYmFy");
}

TEST(Base64, ReadsLinesAndNothingMalformed) {
  const auto read = [](std::string_view text) {
    const auto octets = from_base64(text);
    return octets ? std::string{as_text(*octets)} : std::string{"refused"};
  };
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("Zm9v\r\nYmFy\n"), "foobar");
  EXPECT_EQ(read("Zm8="), "fo");
  for (const char* bad : {"Z", "Zg", "Zg=", "Zg===", "Z===", "=Zg=", "Zg==Zg==", "Zm9v!", "Zm9-", "Zm 9\v"}) {
    EXPECT_EQ(read(bad), "refused") << bad;
  }
}

}  // namespace
}  // namespace sallyport
