#include "common/base/text.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sallyport {
namespace {

TEST(EscapeUntrusted, LeavesPrintableAsciiAlone) { EXPECT_EQ(escape_untrusted("ana-laptop 1"), "ana-laptop 1"); }

TEST(EscapeUntrusted, ShowsControlOctetsAndBackslashesAsHex) {
  EXPECT_EQ(escape_untrusted("a\n\x1b[31m\\"), "a\\x0a\\x1b[31m\\x5c");
}

TEST(EscapeQuoting, LeavesTheEscapesOfAnotherLibraryAlone) {
  EXPECT_EQ(escape_quoting("saw '\\u001B', after \x1b[31m \xc3\xa9"), "saw '\\u001B', after \\x1b[31m \\xc3\\xa9");
}

TEST(EscapeUntrusted, NeverExceedsTheLimitAndMarksTheCut) {
  const auto out = escape_untrusted(std::string(500, 'x'), 20);
  EXPECT_EQ(out.size(), 20U);
  EXPECT_EQ(out.substr(17), "...");
}

TEST(ClosestMatch, FindsATypingMistake) {
  const std::array<std::string_view, 2> names{"engineering", "oncall"};
  EXPECT_EQ(closest_match("enginering", names), "engineering");
}

TEST(ClosestMatch, SuggestsNothingForAnUnrelatedWord) {
  const std::array<std::string_view, 2> names{"engineering", "oncall"};
  EXPECT_EQ(closest_match("zebra", names), std::nullopt);
}

TEST(ShellWord, LeavesPlainWordsAsTheyAre) {
  for (const auto* word : {"ana@example.com", "ana-laptop", "10.20.4.10:443/tcp", "K7Q2-9XPD"})
    EXPECT_EQ(shell_word(word), word);
}

TEST(ShellWord, QuotesWhatAShellWouldReadAsMoreThanAWord) {
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("[fd00::1]:22/tcp"), "'[fd00::1]:22/tcp'");
  EXPECT_EQ(shell_word("a`id`$(id)@example.com"), "'a`id`$(id)@example.com'");
  EXPECT_EQ(shell_word("o'brien'; id @example.com"), "'o'\\''brien'\\''; id @example.com'");
}

TEST(ParseDecimal, RefusesSignsLeadingZerosRestsAndOverflow) {
  EXPECT_EQ(parse_decimal("443", 65535), 443U);
  EXPECT_EQ(parse_decimal("0", 65535), 0U);
  for (const auto* bad : {"", "+1", "-1", "01", "1 ", "65536", "99999999999"}) {
    EXPECT_EQ(parse_decimal(bad, 65535), std::nullopt) << bad;
  }
}

TEST(Text, MakesATextOfManyLinesSafeForATerminal) {
  EXPECT_EQ(escape_controls("a\tb\n\xc3\xa9\xe2\x82\xac"), "a\tb\n\xc3\xa9\xe2\x82\xac")
      << "tabs, lines and letters stay";
  EXPECT_EQ(escape_controls("\x1b[2J\r\x7f"), "\\x1b[2J\\x0d\\x7f");
  EXPECT_EQ(escape_controls("\xc2\x9b"
                            "2J"),
            "\\x9b"
            "2J")
      << "the one-character form of ESC [";
  EXPECT_EQ(escape_controls("\xc2"), "\xc2");
}

}  // namespace
}  // namespace sallyport
