#include "server/history/policy_store.hpp"
#include "tests/unit/server/ctl/ctl_fixture.hpp"

#include <unistd.h>

#include <filesystem>

namespace sallyport {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

class PolicyHistoryTest : public CtlTest {
 protected:
  PolicyHistoryTest() { fs::create_directory(path("state")); }
  PolicyVersion keep(const std::string& text, Activation how) {
    const auto packed = pack_policy({{"10.toml", text}, {"20.toml", "# no end of line"}});
    EXPECT_TRUE(store_.keep(*packed).has_value());
    return {.number = {},
            .time = WallTime{std::chrono::hours{500'000}},
            .hash = "4f2a",
            .digest = packed->digest,
            .size = packed->octets.size(),
            .how = how,
            .restores = {},
            .by = "root (ana)"};
  }
  void fill() {
    record_.take(keep("# first\n", Activation::Start));
    record_.take(keep("# second\n", Activation::Apply));
    record_.restore(VersionNumber{1}, Activation::Rollback, "4f2a", "root", WallTime{std::chrono::hours{500'001}});
    ASSERT_TRUE(store_.save(record_).has_value());
  }

  PolicyStore store_{path("state/policy")};
  PolicyRecord record_;
};

TEST_F(PolicyHistoryTest, ListsWhatWasInForceNewestFirst) {
  fill();
  EXPECT_EQ(ctl({"policy", "history"}).out,
            "VERSION  TIME                  POLICY  HOW            BY          STATE\n"
            "3        2027-01-15T09:00:00Z  4f2a    rollback to 1  root        running\n"
            "2        2027-01-15T08:00:00Z  4f2a    apply          root (ana)  taken out of force\n"
            "1        2027-01-15T08:00:00Z  4f2a    start          root (ana)\n");
  const auto versions = document({"policy", "history"}).at("versions");
  ASSERT_EQ(versions.size(), 3U);
  EXPECT_EQ(versions.at(0).at("version"), 3);
  EXPECT_EQ(versions.at(0).at("running"), true);
  EXPECT_EQ(versions.at(0).at("restores"), 1);
  EXPECT_EQ(versions.at(1).at("held"), true);
  EXPECT_EQ(versions.at(1).at("by"), "root (ana)");
}

TEST_F(PolicyHistoryTest, MarksAVersionOnTrial) {
  fill();
  record_.try_out(keep("# third\n", Activation::Apply), WallTime{std::chrono::hours{500'002}});
  ASSERT_TRUE(store_.save(record_).has_value());
  EXPECT_NE(ctl({"policy", "history"}).out.find("running, unless unconfirmed at 2027-01-15T10:00:00Z\n"),
            std::string::npos);
  const auto json = document({"policy", "history"});
  EXPECT_EQ(json.at("versions").at(0).at("pending"), true);
  EXPECT_EQ(json.at("pending"), (Json{{"previous", 3}, {"until", "2027-01-15T10:00:00Z"}}));
}

TEST_F(PolicyHistoryTest, PrintsTheFilesOfAVersion) {
  fill();
  EXPECT_EQ(ctl({"policy", "history", "--show", "1"}).out, "# --- 10.toml\n# first\n# --- 20.toml\n# no end of line\n");
  const auto json = document({"policy", "history", "--show", "2"});
  EXPECT_EQ(json.at("version"), 2);
  EXPECT_EQ(json.at("files").at(0), (Json{{"name", "10.toml"}, {"text", "# second\n"}}));
  const auto none = ctl({"policy", "history", "--show", "9"});
  EXPECT_EQ(none.code, CtlExit::Failed);
  EXPECT_NE(none.err.find("there is no version 9"), std::string::npos);
}

TEST_F(PolicyHistoryTest, WritesTheFilesOfAVersionIntoANewDirectory) {
  fill();
  EXPECT_EQ(ctl({"policy", "history", "--show", "3", "--out", path("old")}).code, CtlExit::Ok);
  EXPECT_EQ(content("old/10.toml"), "# first\n");
  EXPECT_EQ(content("old/20.toml"), "# no end of line");
  EXPECT_EQ(ctl({"policy", "history", "--show", "3", "--out", path("old")}).code, CtlExit::Failed)
      << "nothing is overwritten";
}

TEST_F(PolicyHistoryTest, SaysWhenThereIsNoneOrItIsDamaged) {
  EXPECT_EQ(ctl({"policy", "history"}).out, "No policy was in force yet.\n");
  EXPECT_EQ(document({"policy", "history"}).at("versions"), Json::array());
  fill();
  std::ofstream{path("state/policy/record")} << "nonsense";
  const auto run = ctl({"policy", "history"});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("state/policy/record: the record of policy versions is damaged"), std::string::npos)
      << run.err;
}

TEST_F(PolicyHistoryTest, SaysWhenAVersionsFilesAreDamaged) {
  fill();
  std::ofstream{path("state/policy/" + record_.versions().at(1).digest.text())} << "nonsense";
  const auto run = ctl({"policy", "history", "--show", "2"});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("damaged"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace sallyport
