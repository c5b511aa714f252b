#include "server/proof/totp.hpp"

#include "server/proof/base32.hpp"
#include "server/proof/otpauth.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sallyport {
namespace {

constexpr std::string_view kSecret = "12345678901234567890";  // of both RFCs

WallTime at(std::int64_t second) { return WallTime{std::chrono::seconds{second}}; }
std::string code_at(std::int64_t second) {
  return hotp(as_bytes(kSecret), static_cast<std::uint64_t>(totp_step(at(second)))).value();
}

// RFC 4226 appendix D.
TEST(Hotp, GivesThePublishedCodes) {
  const std::array codes{"755224", "287082", "359152", "969429", "338314",
                         "254676", "287922", "162583", "399871", "520489"};
  for (std::size_t counter = 0; counter < codes.size(); ++counter) {
    EXPECT_EQ(hotp(as_bytes(kSecret), counter).value(), codes[counter]) << counter;
  }
}

// RFC 6238 appendix B, the rows of SHA-1.
TEST(Totp, GivesThePublishedCodes) {
  const std::array<std::pair<std::int64_t, const char*>, 6> rows{{{59, "94287082"},
                                                                  {1111111109, "07081804"},
                                                                  {1111111111, "14050471"},
                                                                  {1234567890, "89005924"},
                                                                  {2000000000, "69279037"},
                                                                  {20000000000, "65353130"}}};
  for (const auto& [second, code] : rows) {
    EXPECT_EQ(hotp(as_bytes(kSecret), static_cast<std::uint64_t>(totp_step(at(second))), 8).value(), code);
  }
}

TEST(Totp, TakesTheCodeOfThisStepAndOfItsNeighboursAndNoOther) {
  const std::int64_t now = 1'800'000'015;
  for (int steps = -3; steps <= 3; ++steps) {
    const auto found = find_totp_step(as_bytes(kSecret), code_at(now + 30 * steps), 0, at(now));
    EXPECT_EQ(found.has_value(), steps >= -1 && steps <= 1) << steps;
    if (found) {
      EXPECT_EQ(*found, totp_step(at(now)) + steps);
    }
  }
}

TEST(Totp, TakesNoCodeTwiceAndNoneOlderThanOneThatWasTaken) {
  const std::int64_t now = 1'800'000'015;
  const auto step = totp_step(at(now));
  EXPECT_FALSE(find_totp_step(as_bytes(kSecret), code_at(now), step, at(now)));
  EXPECT_FALSE(find_totp_step(as_bytes(kSecret), code_at(now - 30), step, at(now)));
  EXPECT_EQ(find_totp_step(as_bytes(kSecret), code_at(now + 30), step, at(now)), step + 1);
}

TEST(Totp, TakesNothingThatIsNoCode) {
  for (const auto* text : {"", "0", "12345", "1234567", "abcdef", "      ", "-12345"}) {
    EXPECT_FALSE(find_totp_step(as_bytes(kSecret), text, 0, at(1'800'000'000))) << text;
  }
}

// RFC 4648 section 10.
TEST(Base32, GivesThePublishedTexts) {
  const std::array<std::pair<const char*, const char*>, 7> rows{{{"", ""},
                                                                 {"f", "MY"},
                                                                 {"fo", "MZXQ"},
                                                                 {"foo", "MZXW6"},
                                                                 {"foob", "MZXW6YQ"},
                                                                 {"fooba", "MZXW6YTB"},
                                                                 {"foobar", "MZXW6YTBOI"}}};
  for (const auto& [octets, text] : rows) EXPECT_EQ(to_base32(as_bytes(octets)), text);
}

TEST(Otpauth, SaysWhatAnAuthenticatorAppNeedsAndEncodesTheRest) {
  EXPECT_EQ(otpauth_uri("vpn.example.com", UserId{"ana+x@example.com"}, as_bytes(kSecret)),
            "otpauth://totp/vpn.example.com:ana%2Bx%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
            "&issuer=vpn.example.com&algorithm=SHA1&digits=6&period=30");
}

}  // namespace
}  // namespace sallyport
