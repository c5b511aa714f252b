#include "tests/unit/server/ctl/ctl_fixture.hpp"

#include <fstream>

namespace sallyport {
namespace {

class TokensCommands : public CtlTest {
 protected:
  TokensCommands() { make_authority(); }
};

TEST_F(TokensCommands, CreateAToken) {
  const auto made = document({"tokens", "create", "--user", "Ana@example.com", "--expires", "1h"});
  const auto token = made.value("token", "");
  EXPECT_TRUE(token.starts_with("spt_")) << made;
  EXPECT_EQ(made.value("user", ""), "ana@example.com");
  EXPECT_EQ(made.value("uses", 0), 1);
  EXPECT_EQ(made.value("expires_at", ""), format_utc(now_ + std::chrono::hours{1}));
  EXPECT_EQ(made.value("pin", "").size(), 64U);
  EXPECT_EQ(made.value("command", ""), "sallyport enroll vpn.example.com --pin " + made.value("pin", ""))
      << "the line to type holds no secret: a shell would keep it";
}

TEST_F(TokensCommands, PrintAPinThatOpensslFinds) {
  const auto made = document({"tokens", "create", "--user", "ana@example.com"});
  ASSERT_TRUE(openssl("x509 -in " + path("state/ca/ca.pem") + " -outform DER -out " + path("ca.der")));
  ASSERT_TRUE(openssl("dgst -sha256 -r " + path("ca.der")));
  EXPECT_EQ(content("openssl.out").substr(0, 64), made.value("pin", ""));
}

TEST_F(TokensCommands, ShowTheTokenOnceAndKeepItNowhere) {
  const auto token = document({"tokens", "create", "--user", "ana@example.com"}).value("token", "");
  const auto list = ctl({"tokens", "list", "--json"});
  EXPECT_EQ(list.out.find(token), std::string::npos);
  for (const char* file : {"state/gateway.db", "state/gateway.db-wal"}) {
    EXPECT_EQ(content(file).find(token), std::string::npos) << file;
    EXPECT_EQ(content(file).find(token.substr(4)), std::string::npos) << file;
  }
}

TEST_F(TokensCommands, ListAndRevoke) {
  const auto id = document({"tokens", "create", "--user", "ana@example.com", "--device", "ana-laptop"}).value("id", "");
  auto token = document({"tokens", "list"})["tokens"][0];
  EXPECT_EQ(token.value("state", ""), "good");
  EXPECT_EQ(token.value("device", ""), "ana-laptop");
  EXPECT_EQ(token.value("used", 9), 0);
  must({"tokens", "revoke", id});
  token = document({"tokens", "list"})["tokens"][0];
  EXPECT_EQ(token.value("state", ""), "revoked");
  EXPECT_NE(ctl({"tokens", "list"}).out.find("revoked"), std::string::npos);
  EXPECT_EQ(ctl({"tokens", "revoke", "nothing"}).code, CtlExit::Failed);
}

TEST_F(TokensCommands, RefuseWhatMakesNoSense) {
  const auto refused = [this](std::vector<std::string> more) {
    more.insert(more.begin(), {"tokens", "create", "--user", "ana@example.com"});
    const auto run = ctl(more);
    EXPECT_NE(run.err, "");
    return run.code;
  };
  EXPECT_EQ(refused({"--expires", "soon"}), CtlExit::Usage);
  EXPECT_EQ(refused({"--expires", "0s"}), CtlExit::Usage);
  EXPECT_EQ(refused({"--uses", "0"}), CtlExit::Usage);
  EXPECT_EQ(refused({"--uses", "2", "--device", "ana-laptop"}), CtlExit::Usage);
  EXPECT_EQ(refused({"--replace"}), CtlExit::Usage);
  EXPECT_EQ(refused({"--device", "Not A Name"}), CtlExit::Usage);
  EXPECT_EQ(ctl({"tokens", "create", "--user", "ana"}).code, CtlExit::Usage);
  EXPECT_EQ(ctl({"tokens", "create"}).code, CtlExit::Usage);
  EXPECT_TRUE(document({"tokens", "list"})["tokens"].empty());
}

TEST_F(TokensCommands, AskForReplaceWhereADeviceWouldLoseItsCertificate) {
  enroll("ana-laptop");
  const auto refused = ctl({"tokens", "create", "--user", "ana@example.com", "--device", "ana-laptop"});
  EXPECT_EQ(refused.code, CtlExit::Failed);
  EXPECT_NE(refused.err.find("--replace"), std::string::npos) << refused.err;
  must({"tokens", "create", "--user", "ana@example.com", "--device", "ana-laptop", "--replace"});
}

TEST_F(TokensCommands, WarnWhileNoDoorIsOpen) {
  EXPECT_NE(ctl({"tokens", "create", "--user", "ana@example.com"}).err.find("[enrolment]"), std::string::npos);
  std::ofstream{path("gateway.toml"), std::ios::app} << "[enrolment]\nlisten = \"[::]:9443\"\n";
  const auto run = ctl({"tokens", "create", "--user", "ana@example.com"});
  EXPECT_EQ(run.err, "");
  EXPECT_NE(run.out.find("sallyport enroll vpn.example.com:9443 --pin "), std::string::npos) << run.out;
}

TEST_F(TokensCommands, NeedAnAuthority) {
  ASSERT_EQ(std::remove(path("state/ca/ca.pem").c_str()), 0);
  const auto run = ctl({"tokens", "create", "--user", "ana@example.com"});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("ca init"), std::string::npos);
}

}  // namespace
}  // namespace sallyport
