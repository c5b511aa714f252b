#include "server/session/reference_code.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sallyport {
namespace {

TEST(ReferenceCode, ReadsAloudEasily) {
  const auto code = reference_code(SessionId{7}, 1);
  ASSERT_EQ(code.size(), 9U);
  EXPECT_EQ(code[4], '-');
  EXPECT_EQ(code.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ-"), std::string::npos);
}

TEST(ReferenceCode, IsNeverTheSameForTwoRefusals) {
  std::set<std::string> codes;
  for (std::uint64_t session = 1; session <= 100; ++session) {
    for (std::uint32_t refusal = 0; refusal < 1000; ++refusal)
      codes.insert(reference_code(SessionId{session}, refusal));
  }
  EXPECT_EQ(codes.size(), 100'000U);
}

}  // namespace
}  // namespace sallyport
