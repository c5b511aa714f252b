#include "server/store/store.hpp"
#include "tests/unit/server/ctl/ctl_fixture.hpp"
#include "tests/unit/server/ctl/fake_gateway.hpp"

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// A configuration with an authority that openssl makes.
class ForeignCtl : public CtlTest {
 protected:
  void SetUp() override {
    make_authority();
    ASSERT_TRUE(
        openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 400 -subj '/CN=Corp CA' "
                "-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign "
                "-keyout " +
                path("corp.key") + " -out " + path("corp.pem")))
        << content("openssl.out");
    write("ca.cnf",
          "[ca]\ndefault_ca=corp\n[corp]\ndatabase=" + path("index.txt") + "\ncrlnumber=" + path("crlnumber") +
              "\ndefault_md=sha256\ndefault_crl_days=20\ncrl_extensions=ext\n[ext]\nauthorityKeyIdentifier=keyid\n");
    write("index.txt", "");
    write("crlnumber", "01\n");
    ASSERT_TRUE(openssl("ca -config " + path("ca.cnf") + " -gencrl -keyfile " + path("corp.key") + " -cert " +
                        path("corp.pem") + " -out " + path("corp.crl")))
        << content("openssl.out");
    std::ofstream{path("gateway.toml"), std::ios::app}
        << "[[authority]]\nname = \"corp\"\ncertificates = \"" << path("corp.pem") << "\"\ncrl = \"" << path("corp.crl")
        << "\"\nidentity = { device = \"cn\" }\nusers = [\"*@example.com\"]\n";
  }
  void see(const std::string& id, const std::string& serial, WallTime until) {
    auto store = Store::open(path("state/gateway.db"));
    ASSERT_TRUE(store) << store.error().words;
    ASSERT_TRUE(store->note_certificate({DeviceId{id}, "corp", serial, std::string(40, 'a'), until}));
  }
  Json device(const std::string& id) {
    const auto listed = document({"devices", "list"});
    for (const auto& each : listed.at("devices")) {
      if (each.at("device") == id) return each;
    }
    return nullptr;
  }
};

TEST_F(ForeignCtl, MakesDevicesOfAnotherAuthorityKnown) {
  const auto added = document({"devices", "add", "--authority", "corp", "--id", "PC-1", "--user", "Bo@Example.com"});
  EXPECT_EQ(added.at("device"), "pc-1");
  EXPECT_EQ(added.at("gateway"), "not_running");
  EXPECT_EQ(device("pc-1").at("authority"), "corp");
  EXPECT_TRUE(device("pc-1").at("serial").is_null());
  EXPECT_TRUE(device("pc-1").at("not_after").is_null());
  EXPECT_NE(ctl({"devices", "list"}).out.find("none was seen yet"), std::string::npos);
  see("pc-1", "0a", now_ + std::chrono::days{3});
  EXPECT_EQ(device("pc-1").at("serial"), "0a");
}

TEST_F(ForeignCtl, RefusesWhatTheAuthorityMayNotName) {
  const auto user = ctl({"devices", "add", "--authority", "corp", "--id", "pc-1", "--user", "bo@example.org"});
  EXPECT_EQ(user.code, CtlExit::Usage);
  EXPECT_NE(user.err.find("may not name bo@example.org"), std::string::npos) << user.err;
  EXPECT_EQ(ctl({"devices", "add", "--authority", "corp", "--id", "pc 1", "--user", "bo@example.com"}).code,
            CtlExit::Usage);
  const auto unknown = ctl({"devices", "add", "--authority", "crop", "--id", "pc-1", "--user", "bo@example.com"});
  EXPECT_EQ(unknown.code, CtlExit::Failed);
  EXPECT_NE(unknown.err.find("there are: corp"), std::string::npos) << unknown.err;
  enroll("ana-laptop");
  const auto taken = ctl({"devices", "add", "--authority", "corp", "--id", "ana-laptop", "--user", "ana@example.com"});
  EXPECT_EQ(taken.code, CtlExit::Failed) << "two authorities never name the same device";
  EXPECT_EQ(device("ana-laptop").at("authority"), nullptr);
}

TEST_F(ForeignCtl, ImportsAListAsAWhole) {
  write("devices.csv", "# laptops\npc-1, ana@example.com\n\npc-2,bo@example.com # the second\r\n");
  const auto first = document({"devices", "import", "--authority", "corp", path("devices.csv")});
  EXPECT_EQ(first.at("imported"), 2);
  write("devices.csv", "pc-1,ana@example.com\npc-3,cy@example.com\n");
  const auto second = document({"devices", "import", "--authority", "corp", path("devices.csv")});
  EXPECT_EQ(second.at("imported"), 1);
  EXPECT_EQ(second.at("known"), 1);
  write("devices.csv", "pc-4,ana@example.com\npc_5,bo@example.com\npc-6\n");
  const auto wrong = ctl({"devices", "import", "--authority", "corp", path("devices.csv")});
  EXPECT_EQ(wrong.code, CtlExit::Failed);
  EXPECT_NE(wrong.err.find("devices.csv:2: error: \"pc_5\" cannot name a device"), std::string::npos) << wrong.err;
  EXPECT_NE(wrong.err.find("devices.csv:3: error: \"\" is not an e-mail address"), std::string::npos) << wrong.err;
  write("devices.csv", "pc-4,ana@example.com\npc-1,bo@example.com\n");
  EXPECT_EQ(ctl({"devices", "import", "--authority", "corp", path("devices.csv")}).code, CtlExit::Failed);
  EXPECT_TRUE(device("pc-4").is_null()) << "all or none";
}

TEST_F(ForeignCtl, ImportBringsNobodyBackWhomAnAdministratorShutOut) {
  write("devices.csv", "pc-1,ana@example.com\npc-2,bo@example.com\npc-3,cy@example.com\n");
  must({"devices", "import", "--authority", "corp", path("devices.csv")});
  must({"devices", "revoke", "pc-1"});
  must({"devices", "disable", "pc-2"});
  write("devices.csv", "pc-1,ana@example.com\npc-2,bo@example.com\npc-3,cy@example.com\npc-4,ana@example.com\n");
  const auto again = document({"devices", "import", "--authority", "corp", path("devices.csv")});
  EXPECT_EQ(again.at("imported"), 1);
  EXPECT_EQ(again.at("known"), 1);
  EXPECT_EQ(again.at("skipped"), Json::parse(R"([{"device": "pc-1", "state": "revoked"},
                                                 {"device": "pc-2", "state": "disabled"}])"));
  EXPECT_EQ(device("pc-1").at("state"), "revoked");
  EXPECT_EQ(device("pc-2").at("state"), "disabled");
  const auto words = ctl({"devices", "import", "--authority", "corp", path("devices.csv")});
  EXPECT_NE(words.out.find("Skipped: pc-1 is revoked"), std::string::npos) << words.out;
  const std::vector<std::string> add{"devices", "add",  "--authority", "corp",
                                     "--id",    "pc-1", "--user",      "ana@example.com"};
  const auto refused = ctl(add);
  EXPECT_EQ(refused.code, CtlExit::Failed);
  EXPECT_NE(refused.err.find("devices add --replace"), std::string::npos) << refused.err;
  EXPECT_EQ(device("pc-1").at("state"), "revoked");
  auto meant = add;
  meant.push_back("--replace");
  must(meant);
  EXPECT_EQ(device("pc-1").at("state"), "active");
}

TEST_F(ForeignCtl, RevokesADeviceOfAnotherAuthorityByItsRecord) {
  must({"devices", "add", "--authority", "corp", "--id", "pc-1", "--user", "bo@example.com"});
  const auto before = content("state/crl.pem");
  const auto run = ctl({"devices", "revoke", "pc-1"});
  EXPECT_EQ(run.code, CtlExit::Ok) << run.err;
  EXPECT_NE(run.out.find("tell authority corp"), std::string::npos) << run.out;
  EXPECT_EQ(device("pc-1").at("state"), "revoked");
  EXPECT_EQ(content("state/crl.pem"), before) << "our list is not concerned";
}

TEST_F(ForeignCtl, ForetellsWhatEndsAndWhomThatLocksOut) {
  enroll("ana-laptop");
  must({"devices", "add", "--authority", "corp", "--id", "pc-1", "--user", "bo@example.com"});
  see("pc-1", "0a", now_ + std::chrono::days{3});
  const auto document = this->document({"pki", "forecast"});
  const auto& endings = document.at("endings");
  ASSERT_EQ(endings.size(), 3U) << endings.dump(2);
  EXPECT_EQ(endings[0].at("kind"), "device");
  EXPECT_EQ(endings[0].at("locks_out").at("device_names")[0], "pc-1");
  EXPECT_EQ(endings[0].at("authority"), "corp");
  EXPECT_EQ(endings[1].at("kind"), "revocation_list");
  EXPECT_EQ(endings[1].at("authority"), "corp");
  EXPECT_EQ(endings[2].at("kind"), "revocation_list");
  EXPECT_EQ(endings[2].at("locks_out").at("people_names")[0], "ana@example.com");

  const auto far = this->document({"pki", "forecast", "366d"}).at("endings");
  EXPECT_GE(far.size(), 5U) << "the certificates of laptop and gateway too";
  const auto text = ctl({"pki", "forecast"}).out;
  EXPECT_NE(text.find("the certificate of pc-1\n  locks out  1 device of bo@example.com: pc-1\n"), std::string::npos)
      << text;
  EXPECT_EQ(ctl({"pki", "forecast", "soon"}).code, CtlExit::Usage);
}

TEST_F(ForeignCtl, SaysWhenNothingEnds) {
  const auto run = ctl({"pki", "forecast", "1h"});
  EXPECT_EQ(run.code, CtlExit::Ok);
  EXPECT_NE(run.out.find("Nothing ends until"), std::string::npos) << run.out;
}

TEST_F(ForeignCtl, SaysThatTrustItselfIsBroken) {
  write("corp.crl", "nothing");
  const auto run = ctl({"pki", "forecast"});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("no good revocation list"), std::string::npos) << run.err;
}

TEST_F(ForeignCtl, AsksTheGatewayToStrandWhomItMust) {
  const FakeGateway gateway{path("run/gateway.sock"), [](const Json& request) -> Json {
                              EXPECT_EQ(request.value("allow_stranding", 0), 3);
                              return {{"v", 1}, {"ok", true}, {"ended", 0}, {"policy", "aa"}};
                            }};
  EXPECT_EQ(ctl({"reload", "--allow-stranding", "3"}).code, CtlExit::Ok);
}

}  // namespace
}  // namespace sallyport
