#include "server/session/reference_code.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sallyport {
namespace {

CodeKey key_of(unsigned char octet) {
  CodeKey key{};
  key.fill(std::byte{octet});
  return key;
}

TEST(ReferenceCode, ReadsAloudEasily) {
  const auto code = reference_code(key_of(1), SessionId{7}, 1);
  EXPECT_TRUE(is_reference_code(code)) << code;
}

TEST(ReferenceCode, DiffersForTheRefusalsOfASessionHoweverManyThereAre) {
  std::set<std::string> codes;
  for (std::uint64_t refusal = 0; refusal < 1000; ++refusal) {
    for (const std::uint64_t far : {0U, 1U << 16U, 1U << 31U})
      codes.insert(reference_code(key_of(1), SessionId{7}, refusal + far));
  }
  EXPECT_EQ(codes.size(), 3000U);
}

TEST(ReferenceCode, SaysNothingAboutTheCodesOfAnotherSession) {
  const auto code = reference_code(key_of(1), SessionId{7}, 1);
  EXPECT_NE(code, reference_code(key_of(2), SessionId{7}, 1));
  EXPECT_NE(code, reference_code(key_of(1), SessionId{7 + (1U << 24U)}, 1));
}

TEST(ReferenceCode, IsTellableFromOtherText) {
  EXPECT_TRUE(is_reference_code("K7Q2-9XPD"));
  for (const auto* text : {"", "-", "K7Q2", "K7Q29XPD", "K7Q2-9XP", "K7Q2-9XPDA", "K7Q2-9XPI", "k7q2-9xpd", "K7Q2 9XPD",
                           "K7Q-29XPD", "----------", "    -    "}) {
    EXPECT_FALSE(is_reference_code(text)) << text;
  }
}

}  // namespace
}  // namespace sallyport
