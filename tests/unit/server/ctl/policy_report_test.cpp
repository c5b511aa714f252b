#include "tests/unit/server/ctl/ctl_fixture.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

namespace sallyport {
namespace {

class PolicyReportCommandTest : public CtlTest {
 protected:
  PolicyReportCommandTest() { write("policy.d/10.toml", "version = 1\n"); }
  [[nodiscard]] bool holds_page(const std::string& name) const {
    return content(name).find("</html>") != std::string::npos;
  }
};

TEST_F(PolicyReportCommandTest, MakesAPageThatOthersCannotRead) {
  must({"policy", "report", "--html", path("page.html")});
  EXPECT_TRUE(holds_page("page.html"));
  EXPECT_EQ(mode("page.html"), 0600U);
}

TEST_F(PolicyReportCommandTest, KeepsTheModeOfAPageThatIsThere) {
  write("page.html", "old");
  ASSERT_EQ(::chmod(path("page.html").c_str(), 0640), 0);
  must({"policy", "report", "--html", path("page.html")});
  EXPECT_TRUE(holds_page("page.html"));
  EXPECT_EQ(mode("page.html"), 0640U);
}

TEST_F(PolicyReportCommandTest, WritesIntoWhatALinkStandsForAndKeepsTheLink) {
  write("real.html", std::string(1'000'000, 'x'));
  std::filesystem::create_symlink(path("real.html"), path("page.html"));
  must({"policy", "report", "--html", path("page.html")});
  EXPECT_TRUE(std::filesystem::is_symlink(path("page.html")));
  EXPECT_TRUE(content("real.html").ends_with("</html>\n"));
  std::filesystem::remove(path("real.html"));
  const auto run = ctl({"policy", "report", "--html", path("page.html")});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_FALSE(std::filesystem::exists(path("real.html"))) << "a link that leads nowhere makes no file";
}

TEST_F(PolicyReportCommandTest, WritesIntoAPipeAndADeviceAndLeavesThemWhatTheyAre) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  std::string read;
  std::thread reader{[&] { read = content("pipe"); }};
  must({"policy", "report", "--html", path("pipe")});
  reader.join();
  EXPECT_NE(read.find("</html>"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_fifo(path("pipe")));
  // A second name of the device: on the old way not even that is put at risk by this test.
  std::filesystem::create_symlink("/dev/null", path("null"));
  must({"policy", "report", "--html", path("null")});
  EXPECT_TRUE(std::filesystem::is_symlink(path("null")));
}

TEST_F(PolicyReportCommandTest, WritesThePageToStandardOutput) {
  const auto run = ctl({"policy", "report", "--html", "-"});
  EXPECT_EQ(run.code, CtlExit::Ok) << run.err;
  EXPECT_TRUE(run.out.starts_with("<!DOCTYPE html>"));
  EXPECT_TRUE(run.out.ends_with("</html>\n"));
  EXPECT_EQ(ctl({"policy", "report", "--html", "-", "--json"}).code, CtlExit::Usage);
}

}  // namespace
}  // namespace sallyport
