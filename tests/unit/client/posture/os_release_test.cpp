#include "client/posture/os_release.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(OsRelease, TakesIdAndVersionQuotedOrNot) {
  EXPECT_EQ(parse_os_release("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n"),
            (OsRelease{"debian", "12"}));
  EXPECT_EQ(parse_os_release("ID='Fedora'\r\nVERSION_ID=42"), (OsRelease{"fedora", "42"}));
  EXPECT_EQ(parse_os_release("ID=arch\n"), (OsRelease{"arch", ""}));
}

TEST(OsRelease, LeavesUnknownWhatIsMissingOrWouldNeedAShell) {
  EXPECT_EQ(parse_os_release(""), OsRelease{});
  EXPECT_EQ(parse_os_release("ID=$(hostname)\nVERSION_ID=\"1 2\"\n#ID=debian\nVARIANT_ID=x\n"), OsRelease{});
  EXPECT_EQ(parse_os_release("ID=" + std::string(65, 'a')), OsRelease{});
}

TEST(OsRelease, TakesTheLastOfSeveral) { EXPECT_EQ(parse_os_release("ID=a\nID=b\n"), (OsRelease{"b", ""})); }

TEST(OsRelease, RefinesDebiansVersionByItsPointRelease) {
  EXPECT_EQ(refined_version("12", "12.5\n"), "12.5");
  EXPECT_EQ(refined_version("12", "trixie/sid\n"), "12");
  EXPECT_EQ(refined_version("12", "120.5"), "12") << "another release";
  EXPECT_EQ(refined_version("", "12.5"), "");
  EXPECT_EQ(refined_version("12", ""), "12");
}

}  // namespace
}  // namespace sallyport
