#include "server/trust/unread_record.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(UnreadRecord, SaysWhatItWasGiven) {
  const std::vector<UnreadSource> all{{"0a1b", "https://pki.example.com/a.crl", "block 2: \"not PEM\""},
                                      {"0c", "/etc/sallyport/lists", "a\\x1bb"}};
  const auto back = parse_unread(to_text(all));
  ASSERT_TRUE(back) << back.error();
  EXPECT_EQ(*back, all);
  EXPECT_TRUE(parse_unread(to_text({}))->empty());
}

TEST(UnreadRecord, CutsWordsAndStaysAsItIsThen) {
  const auto once = parse_unread(to_text({{"0a", "x", std::string(9999, '"')}})).value();
  EXPECT_LT(once.front().words.size(), 600U);
  EXPECT_EQ(parse_unread(to_text(once)), once);
}

TEST(UnreadRecord, ThatIsDamagedIsNeverTakenForNothing) {
  for (const char* text :
       {"", "{}", "[]", R"({"v":2,"unread":[]})", R"({"v":1})", R"({"v":1,"unread":{}})", R"({"v":1,"unread":[1]})",
        R"({"v":1,"unread":[{"authority":"0a"}]})", R"({"v":1,"unread":[{"authority":"x","source":"y"}]})",
        R"({"v":1,"unread":[{"authority":"0a","source":"y"}])"}) {
    EXPECT_FALSE(parse_unread(text)) << text;
  }
}

}  // namespace
}  // namespace sallyport
