#include "server/policy/report/html.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(HtmlText, MakesMarkupInert) {
  EXPECT_EQ(html_text("<script>alert(\"x\")</script>"), "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;");
  EXPECT_EQ(html_text("a&b'c"), "a&amp;b&#39;c");
  EXPECT_EQ(html_text("&lt;"), "&amp;lt;");
}

TEST(HtmlText, KeepsEveryWritingAndLineEnds) {
  EXPECT_EQ(html_text("Zugang nur für Büro – 仕事 🙂\n\t."), "Zugang nur für Büro – 仕事 🙂\n\t.");
}

TEST(HtmlText, ReplacesWhatIsNoTextOctetByOctet) {
  constexpr std::string_view kBad = "\xef\xbf\xbd";
  const auto times = [&](unsigned n) {
    std::string all;
    while (n-- > 0) all += kBad;
    return all;
  };
  EXPECT_EQ(html_text("a\xff\x62"), "a" + times(1) + "b");
  EXPECT_EQ(html_text("\xc0\xbcscript"), times(2) + "script");  // an overlong "<"
  EXPECT_EQ(html_text("\xe0\x80\xbc"), times(3));
  EXPECT_EQ(html_text("\xed\xa0\x80"), times(3));  // a surrogate
  EXPECT_EQ(html_text("\xf4\x90\x80\x80"), times(4));
  EXPECT_EQ(html_text("\xe2\x82"), times(2));  // cut off
}

TEST(HtmlText, ReplacesWhatTurnsTheDirectionOfWritingAndControls) {
  EXPECT_EQ(html_text("a\xe2\x80\xae"
                      "b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(html_text("a\xe2\x81\xa6"
                      "b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(html_text(std::string_view{"a\0\x1b[31m\x7f", 8}), "a\xef\xbf\xbd\xef\xbf\xbd[31m\xef\xbf\xbd");
}

}  // namespace
}  // namespace sallyport
