#include "common/base/version.hpp"
#include "tests/unit/server/ctl/ctl_fixture.hpp"

namespace sallyport {
namespace {

TEST_F(CtlTest, ExitsWithTwoForEveryUsageError) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{},
                                                                     {"devices"},
                                                                     {"nonsense"},
                                                                     {"devices", "nonsense"},
                                                                     {"--nonsense"},
                                                                     {"devices", "revoke"},
                                                                     {"devices", "revoke", "a", "b"},
                                                                     {"devices", "enroll", "--user", "a@b.example"},
                                                                     {"ca", "init", "--days", "0"},
                                                                     {"ca", "init", "--days", "x"},
                                                                     {"sessions", "end", "-1"},
                                                                     {"--color", "blue", "status"},
                                                                     {"--config"}}) {
    const auto run = bare(arguments);
    EXPECT_EQ(run.code, CtlExit::Usage) << run.err;
    EXPECT_NE(run.err.find("--help"), std::string::npos) << run.err;
    EXPECT_EQ(run.out, "");
  }
}

TEST_F(CtlTest, GuessesTheCommandThatWasMeant) {
  EXPECT_NE(bare({"device", "list"}).err.find("there is no command \"device\""), std::string::npos);
  EXPECT_NE(bare({"--config", "x", "device"}).err.find("did you mean \"devices\"?"), std::string::npos);
  EXPECT_NE(bare({"devices", "revok", "x"}).err.find("did you mean \"revoke\"?"), std::string::npos);
}

TEST_F(CtlTest, AnswersAUsageErrorInJson) {
  const auto run = bare({"--json", "devices", "nonsense"});
  EXPECT_EQ(run.code, CtlExit::Usage);
  EXPECT_EQ(run.json().at("ok"), false);
}

TEST_F(CtlTest, TeachesByExample) {
  for (const auto& command : std::vector<std::vector<std::string>>{{},
                                                                   {"ca", "init"},
                                                                   {"ca", "show"},
                                                                   {"gateway-cert", "issue"},
                                                                   {"crl", "issue"},
                                                                   {"devices", "enroll"},
                                                                   {"devices", "list"},
                                                                   {"devices", "disable"},
                                                                   {"devices", "enable"},
                                                                   {"devices", "revoke"},
                                                                   {"status"},
                                                                   {"metrics"},
                                                                   {"sessions", "list"},
                                                                   {"sessions", "end"},
                                                                   {"reload"},
                                                                   {"policy", "check"},
                                                                   {"policy", "test"},
                                                                   {"policy", "explain"},
                                                                   {"policy", "apply"},
                                                                   {"policy", "confirm"},
                                                                   {"policy", "rollback"},
                                                                   {"policy", "history"},
                                                                   {"denials", "show"}}) {
    auto arguments = command;
    arguments.push_back("--help");
    const auto run = bare(arguments);
    EXPECT_EQ(run.code, CtlExit::Ok);
    EXPECT_NE(run.out.find("  sallyportctl "), std::string::npos) << run.out;
    EXPECT_EQ(run.err, "");
  }
}

TEST_F(CtlTest, PrintsItsVersion) {
  EXPECT_EQ(bare({"--version"}).out, "sallyportctl " + std::string{product_version()} + '\n');
}

TEST_F(CtlTest, ShowsEveryMistakeOfTheConfiguration) {
  write("gateway.toml", "version = 1\nnaame = \"x\"\n");
  const auto run = ctl({"devices", "list"});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find(path("gateway.toml") + ":2:1: error: unknown key \"naame\" (did you mean \"name\"?)"),
            std::string::npos)
      << run.err;
}

TEST_F(CtlTest, SaysWhatToDoWhereThereIsNoConfiguration) {
  const auto run = bare({"--config", path("none.toml"), "devices", "list"});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("there is no configuration " + path("none.toml")), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("--config FILE"), std::string::npos) << run.err;
}

TEST_F(CtlTest, CallsATextThatIsNoCodeSoWithoutAnyConfiguration) {
  EXPECT_EQ(bare({"--config", path("none.toml"), "explain-code", ""}).code, CtlExit::Usage);
}

}  // namespace
}  // namespace sallyport
