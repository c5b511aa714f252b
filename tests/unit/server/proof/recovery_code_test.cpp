#include "server/proof/recovery_code.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

const UserId kAna{"ana@example.com"};

TEST(RecoveryCode, IsWrittenInGroupsThatAPersonCanCopy) {
  EXPECT_EQ(recovery_code_from(as_bytes("foobarfoob")), "mzxw-6ytb-ojtg-633c");
}

TEST(RecoveryCode, MeansTheSameInCapitalsAndWithoutDashes) {
  const auto digest = recovery_digest(kAna, "mzxw-6ytb-ojtg-633c");
  ASSERT_TRUE(digest);
  EXPECT_EQ(recovery_digest(kAna, "MZXW6YTBOJTG633C"), digest);
  EXPECT_EQ(recovery_digest(kAna, "mzxw6ytb-ojtg633c"), digest);
}

TEST(RecoveryCode, IsWorthNothingToAnotherPerson) {
  EXPECT_NE(recovery_digest(UserId{"bo@example.com"}, "mzxw-6ytb-ojtg-633c"),
            recovery_digest(kAna, "mzxw-6ytb-ojtg-633c"));
}

TEST(RecoveryCode, IsNothingElseThanSixteenLettersAndDigits) {
  for (const auto* text : {"", "mzxw-6ytb-ojtg-633", "mzxw-6ytb-ojtg-633c2", "mzxw-6ytb-ojtg-6331", "123456"}) {
    EXPECT_FALSE(recovery_digest(kAna, text)) << text;
  }
}

}  // namespace
}  // namespace sallyport
