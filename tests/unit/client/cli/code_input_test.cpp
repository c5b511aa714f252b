#include "client/cli/code_input.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(CodeInput, TakesSixDigitsHoweverTheyAreGrouped) {
  for (const char* typed : {"123456", "123 456", " 123-456\t"}) {
    EXPECT_EQ(read_code(typed), (ProofAttempt{"totp", "123456"})) << typed;
  }
}

TEST(CodeInput, TakesARecoveryCodeWithOrWithoutDashes) {
  EXPECT_EQ(read_code("mzxw-6ytb-ojtg-633c"), (ProofAttempt{"recovery", "mzxw6ytbojtg633c"}));
  EXPECT_EQ(read_code("MZXW6YTBOJTG633C"), (ProofAttempt{"recovery", "MZXW6YTBOJTG633C"}));
}

TEST(CodeInput, SendsNothingThatCanBeNoCodeAndNeverRepeatsIt) {
  for (const char* typed :
       {"", "12345", "1234567", "12345a", "mzxw-6ytb-ojtg-633", "mzxw-6ytb-ojtg-633\xc3", "hunter2hunter2hunter2"}) {
    const auto read = read_code(typed);
    ASSERT_FALSE(read) << typed;
    if (*typed != '\0') {
      EXPECT_EQ(read.error().find(typed), std::string::npos) << read.error();
    }
  }
}

}  // namespace
}  // namespace sallyport
