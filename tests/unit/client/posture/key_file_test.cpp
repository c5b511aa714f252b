#include "client/posture/key_file.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(KeyFile, FindsAKeyInItsGroup) {
  constexpr const char* kText = "lock=no\n[a]\nlock = yes\n# lock=no\n[b]\nlock=maybe\nlock = last \n";
  EXPECT_EQ(key_file_value(kText, "a", "lock"), (KeyFileValue{"yes", false}));
  EXPECT_EQ(key_file_value(kText, "b", "lock"), (KeyFileValue{"last", false}));
  EXPECT_EQ(key_file_value(kText, "c", "lock"), std::nullopt);
  EXPECT_EQ(key_file_value(kText, "a", "loc"), std::nullopt);
}

TEST(KeyFile, KnowsWhatKdeFixesByKeyByGroupOrByFile) {
  EXPECT_EQ(key_file_value("[Daemon]\nAutolock[$i]=true\n", "Daemon", "Autolock"), (KeyFileValue{"true", true}));
  EXPECT_EQ(key_file_value("[Daemon][$i]\nAutolock=true\n", "Daemon", "Autolock"), (KeyFileValue{"true", true}));
  EXPECT_EQ(key_file_value("[$i]\n[Daemon]\nAutolock=true\n", "Daemon", "Autolock"), (KeyFileValue{"true", true}));
  EXPECT_EQ(key_file_value("[Daemon][$i]\n[Other]\n[Daemon]\nAutolock=true\n", "Daemon", "Autolock"),
            (KeyFileValue{"true", false}));
}

TEST(KeyFile, SurvivesWhatIsNotItsSyntax) {
  for (const auto* text : {"", "[", "[]", "]", "[$i]", "=", "[a]\n=", "[a]\nb"}) (void)key_file_value(text, "a", "b");
}

TEST(KeyFile, TakesTheWordsOfASwitch) {
  for (const auto* word : {"true", "Yes", " on ", "1"}) EXPECT_EQ(switch_of(word), true) << word;
  for (const auto* word : {"false", "NO", "off", "0"}) EXPECT_EQ(switch_of(word), false) << word;
  for (const auto* word : {"", "maybe", "2"}) EXPECT_EQ(switch_of(word), std::nullopt) << word;
}

}  // namespace
}  // namespace sallyport
