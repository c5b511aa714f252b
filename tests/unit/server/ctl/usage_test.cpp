#include "common/base/version.hpp"
#include "tests/unit/server/ctl/ctl_fixture.hpp"

#include <unistd.h>

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

TEST_F(CtlTest, TeachesEachNounByTheExamplesOfItsVerbs) {
  for (const auto& noun : std::vector<std::vector<std::string>>{{"devices"},
                                                                {"users"},
                                                                {"users", "totp"},
                                                                {"tokens"},
                                                                {"policy"},
                                                                {"ca"},
                                                                {"audit"},
                                                                {"sessions"},
                                                                {"denials"},
                                                                {"crl"},
                                                                {"pki"},
                                                                {"clock"}}) {
    auto arguments = noun;
    arguments.push_back("--help");
    const auto run = bare(arguments);
    std::string way = "sallyportctl";
    for (const auto& word : noun) way += ' ' + word;
    const auto examples = run.out.find("Examples;");
    ASSERT_NE(examples, std::string::npos) << run.out;
    EXPECT_NE(run.out.find(way + ' ', examples), std::string::npos) << run.out;
    EXPECT_EQ(run.out.find("A new gateway"), std::string::npos) << run.out;
  }
}

TEST_F(CtlTest, HelpsWhoeverTypesHelpAsAWord) {
  EXPECT_EQ(bare({"help"}).out, bare({"--help"}).out);
  EXPECT_EQ(bare({"help", "devices", "list"}).out, bare({"devices", "list", "--help"}).out);
}

TEST_F(CtlTest, ListsTheVerbsWhereOneIsMissing) {
  EXPECT_NE(bare({"sessions"}).err.find("one of: list, end"), std::string::npos);
}

TEST_F(CtlTest, TellsWhoeverMeansToRevokeADeviceHow) {
  const auto run = bare({"revoke", "ana-laptop"});
  EXPECT_EQ(run.code, CtlExit::Usage);
  EXPECT_NE(run.err.find("nothing was revoked"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("sallyportctl devices revoke ana-laptop"), std::string::npos) << run.err;
}

/// As another user, whom the state directory is closed to.
TEST_F(CtlTest, ExitsWithFourWhereFilesAreClosedToThisUser) {
  make_authority();
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(path("state").c_str(), ::geteuid() == 0 ? 0700 : 0), 0);
  const bool was_root = ::geteuid() == 0;
  ASSERT_TRUE(!was_root || ::seteuid(65534) == 0);
  for (const auto& command : std::vector<std::vector<std::string>>{{"devices", "list"},
                                                                   {"tokens", "list"},
                                                                   {"users", "list"},
                                                                   {"ca", "show"},
                                                                   {"ca", "status"},
                                                                   {"crl", "issue"},
                                                                   {"pki", "forecast"},
                                                                   {"audit", "tail"},
                                                                   {"audit", "verify"},
                                                                   {"audit", "key"},
                                                                   {"audit", "head"},
                                                                   {"policy", "history"},
                                                                   {"revoke", "--drill"}}) {
    const auto run = ctl(command);
    EXPECT_EQ(run.code, CtlExit::NotPermitted) << command.front() << ' ' << command.back() << ": " << run.err;
    EXPECT_NE(run.err.find("sudo"), std::string::npos) << run.err;
    EXPECT_EQ(run.err.find("ca init"), std::string::npos) << run.err;
  }
  ASSERT_TRUE(!was_root || ::seteuid(0) == 0);
  ::chmod(path("state").c_str(), 0700);
}

TEST_F(CtlTest, FindsOutBeforeItIssuesThatACertificateHasNowhereToGo) {
  make_authority();
  const auto csr = make_request("ana-laptop");
  const auto run = ctl({"devices", "enroll", "--user", "ana@example.com", "--csr", csr, "--out", path("none/x.pem")});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("nothing was issued"), std::string::npos) << run.err;
  EXPECT_EQ(document({"devices", "list"}).at("devices").size(), 0U);
}

TEST_F(CtlTest, NamesTheFileThatIsMissingAndNotTheCure) {
  make_authority();
  const auto run = ctl({"audit", "verify", path("none")});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("there is no such file"), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("sudo"), std::string::npos) << run.err;
}

TEST_F(CtlTest, SendsWhoeverLacksARevocationListToMakeOne) {
  make_authority();
  ASSERT_EQ(::unlink(path("state/crl.pem").c_str()), 0);
  EXPECT_NE(ctl({"ca", "show"}).err.find("sallyportctl crl issue"), std::string::npos);
}

TEST_F(CtlTest, SaysThatAPolicyDirectoryIsMissingAndNotThatItIsEmpty) {
  ASSERT_EQ(::rmdir(path("policy.d").c_str()), 0);
  EXPECT_NE(ctl({"policy", "check"}).err.find("There is no such directory"), std::string::npos);
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
