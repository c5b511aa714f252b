#include "server/store/store.hpp"
#include "tests/unit/server/ctl/ctl_fixture.hpp"
#include "tests/unit/server/ctl/fake_gateway.hpp"

namespace sallyport {
namespace {

using Json = nlohmann::json;

Json confirm(const Json& /*request*/) { return {{"v", 1}, {"ok", true}, {"ended", 2}, {"policy", "aa"}}; }

TEST_F(CtlTest, EnrolsADeviceThatAnotherImplementationAccepts) {
  make_authority();
  const auto enrolled = document({"devices", "enroll", "--user", "Ana@Example.com", "--csr", make_request("ana-laptop"),
                                  "--out", path("ana.pem"), "--days", "7"});
  EXPECT_EQ(enrolled.at("device"), "ana-laptop");
  EXPECT_EQ(enrolled.at("user"), "ana@example.com");
  EXPECT_EQ(enrolled.at("not_after"), format_utc(now_ + std::chrono::days{7}));
  EXPECT_EQ(enrolled.at("gateway"), "not_running");
  EXPECT_TRUE(enrolled.at("replaced_serial").is_null());
  EXPECT_TRUE(openssl_accepts(path("ana.pem"))) << content("openssl.out");
  EXPECT_TRUE(openssl("x509 -noout -ext subjectAltName -in " + path("ana.pem")));
  EXPECT_NE(content("openssl.out").find("URI:spiffe://example.com/device/ana-laptop, email:ana@example.com"),
            std::string::npos)
      << content("openssl.out");
}

TEST_F(CtlTest, PrintsTheCertificateAloneOnStandardOutput) {
  make_authority();
  const auto run = ctl({"devices", "enroll", "--user", "ana@example.com", "--csr", make_request("ana-laptop")});
  ASSERT_EQ(run.code, CtlExit::Ok) << run.err;
  EXPECT_EQ(run.out.rfind("-----BEGIN CERTIFICATE-----\n", 0), 0U) << run.out;
  EXPECT_TRUE(run.out.ends_with("-----END CERTIFICATE-----\n"));
  EXPECT_NE(run.err.find("Device ana-laptop of ana@example.com is enrolled"), std::string::npos) << run.err;
}

TEST_F(CtlTest, LetsTheAdministratorNameTheDevice) {
  make_authority();
  const auto csr = make_request("whatever-it-wants");
  EXPECT_EQ(document({"devices", "enroll", "--user", "bo@example.com", "--csr", csr, "--id", "bo-1"}).at("device"),
            "bo-1");
  const auto unusable = ctl({"devices", "enroll", "--user", "bo@example.com", "--csr", csr, "--id", "../bo"});
  EXPECT_EQ(unusable.code, CtlExit::Usage);
  EXPECT_EQ(ctl({"devices", "enroll", "--user", "not-a-user", "--csr", csr}).code, CtlExit::Usage);
}

TEST_F(CtlTest, RefusesASecondActiveDeviceOfOneNameUnlessItReplaces) {
  make_authority();
  enroll("ana-laptop");
  const auto csr = make_request("ana-laptop");
  const auto refused = ctl({"devices", "enroll", "--user", "ana@example.com", "--csr", csr, "--out", path("new.pem")});
  EXPECT_EQ(refused.code, CtlExit::Failed);
  EXPECT_NE(refused.err.find("--replace"), std::string::npos) << refused.err;
  EXPECT_TRUE(openssl_accepts(path("ana-laptop.pem")));

  const auto replaced =
      document({"devices", "enroll", "--user", "ana@example.com", "--csr", csr, "--out", path("new.pem"), "--replace"});
  EXPECT_EQ(replaced.at("crl_number"), 2);
  EXPECT_FALSE(replaced.at("replaced_serial").is_null());
  EXPECT_FALSE(openssl_accepts(path("ana-laptop.pem")));
  EXPECT_NE(content("openssl.out").find("revoked"), std::string::npos) << content("openssl.out");
  EXPECT_TRUE(openssl_accepts(path("new.pem"))) << content("openssl.out");
}

TEST_F(CtlTest, RefusesARequestThatIsNone) {
  make_authority();
  write("bad.csr", "hello");
  const auto run = ctl({"devices", "enroll", "--user", "ana@example.com", "--csr", path("bad.csr")});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_NE(run.err.find("sallyport enroll request"), std::string::npos) << run.err;
  EXPECT_EQ(ctl({"devices", "enroll", "--user", "a@b.example", "--csr", path("none.csr")}).code, CtlExit::Failed);
  EXPECT_TRUE(document({"devices", "list"}).at("devices").empty());
}

TEST_F(CtlTest, ListsDevicesWithTheirAddresses) {
  make_authority();
  EXPECT_NE(ctl({"devices", "list"}).out.find("No device is enrolled"), std::string::npos);
  enroll("ana-laptop");
  enroll("bo-laptop", "bo@example.com");
  {
    auto store = Store::open(path("state/gateway.db"));
    ASSERT_TRUE(store->lease(DeviceId{"bo-laptop"}, {IpPrefix::parse("10.99.0.0/24"), {}}, now_));
  }
  const auto devices = document({"devices", "list"}).at("devices");
  ASSERT_EQ(devices.size(), 2U);
  EXPECT_EQ(devices.at(0).at("device"), "ana-laptop");
  EXPECT_EQ(devices.at(0).at("state"), "active");
  EXPECT_TRUE(devices.at(0).at("v4").is_null());
  EXPECT_TRUE(devices.at(0).at("last_seen").is_null());
  EXPECT_EQ(devices.at(1).at("v4"), "10.99.0.2");
  EXPECT_EQ(devices.at(1).at("last_seen"), format_utc(now_));
  const auto table = ctl({"devices", "list"}).out;
  EXPECT_EQ(table.rfind("DEVICE      USER             STATE", 0), 0U) << table;
  EXPECT_EQ(table.find('\x1b'), std::string::npos);
  EXPECT_NE(ctl({"--color", "always", "devices", "list"}).out.find("\x1b[32mactive"), std::string::npos);
}

TEST_F(CtlTest, SaysHowManyDevicesCameOnTheWordOfAnAuthority) {
  make_authority();
  EXPECT_TRUE(document({"devices", "list"}).at("first_sights").empty());
  {
    auto store = Store::open(path("state/gateway.db"));
    const UserId ana{"ana@example.com"};
    ASSERT_TRUE(store->add_foreign({DeviceId{"pc-1"}, ana, "corp", true}, Replace::No, now_));
    ASSERT_TRUE(store->add_foreign({DeviceId{"pc-2"}, ana, "corp", false}, Replace::No, now_));
  }
  const auto all = document({"devices", "list"});
  EXPECT_EQ(all.at("first_sights"), Json::parse(R"([{"authority": "corp", "devices": 1, "limit": null}])"));
  EXPECT_EQ(all.at("devices").at(0).at("first_sight"), true);
  EXPECT_EQ(all.at("devices").at(1).at("first_sight"), false);
  EXPECT_NE(ctl({"devices", "list"}).out.find("on the word of the authority corp: 1.\n"), std::string::npos);
}

TEST_F(CtlTest, RevokesADeviceWithoutAGateway) {
  make_authority();
  enroll("ana-laptop");
  const auto revoked = document({"devices", "revoke", "ana-laptop"});
  EXPECT_EQ(revoked.at("state"), "revoked");
  EXPECT_EQ(revoked.at("state_before"), "active");
  EXPECT_EQ(revoked.at("crl_number"), 2);
  EXPECT_EQ(revoked.at("gateway"), "not_running");
  EXPECT_EQ(revoked.at("sessions_ended"), 0);
  EXPECT_FALSE(openssl_accepts(path("ana-laptop.pem")));
  EXPECT_NE(content("openssl.out").find("revoked"), std::string::npos) << content("openssl.out");
  EXPECT_TRUE(openssl("crl -noout -crlnumber -in " + path("state/crl.pem")));
  EXPECT_EQ(content("openssl.out"), "crlNumber=0x02\n");
  // Again: for the case that the first attempt stopped half-way.
  const auto again = ctl({"devices", "revoke", "ana-laptop"});
  EXPECT_EQ(again.code, CtlExit::Ok);
  EXPECT_NE(again.out.find("(it was already)"), std::string::npos) << again.out;
  EXPECT_NE(again.out.find("No gateway is running"), std::string::npos) << again.out;
}

TEST_F(CtlTest, RevokesOneDeviceAndNoOther) {
  make_authority();
  enroll("ana-laptop");
  enroll("bo-laptop", "bo@example.com");
  must({"devices", "revoke", "ana-laptop"});
  EXPECT_FALSE(openssl_accepts(path("ana-laptop.pem")));
  EXPECT_TRUE(openssl_accepts(path("bo-laptop.pem"))) << content("openssl.out");
}

TEST_F(CtlTest, EnrolsARevokedDeviceAgainAndKeepsItsOldCertificateRevoked) {
  make_authority();
  enroll("ana-laptop");
  must({"devices", "revoke", "ana-laptop"});
  ASSERT_EQ(std::rename(path("ana-laptop.pem").c_str(), path("old.pem").c_str()), 0);
  enroll("ana-laptop");
  EXPECT_TRUE(openssl_accepts(path("ana-laptop.pem"))) << content("openssl.out");
  EXPECT_FALSE(openssl_accepts(path("old.pem")));
}

TEST_F(CtlTest, TellsTheRunningGatewayAndCountsWhatItCut) {
  make_authority();
  enroll("ana-laptop");
  FakeGateway gateway{path("run/gateway.sock"), confirm};
  const auto revoked = ctl({"devices", "revoke", "ana-laptop"});
  EXPECT_EQ(revoked.code, CtlExit::Ok);
  EXPECT_NE(revoked.out.find("sessions ended: 4"), std::string::npos) << revoked.out;
  ASSERT_EQ(gateway.requests().size(), 2U);
  const auto request = gateway.requests().at(0);
  EXPECT_EQ(request.at("do"), "device.changed") << "before the list is signed";
  EXPECT_EQ(gateway.requests().at(1).at("do"), "trust.reload");
  EXPECT_EQ(request.at("device"), "ana-laptop") << "for the audit record";
  EXPECT_EQ(request.at("what"), "revoked");
  enroll("bo-laptop");
  ASSERT_EQ(gateway.requests().size(), 4U);
  EXPECT_EQ(gateway.requests().at(2).at("do"), "audit.note") << "before it is given";
  EXPECT_EQ(gateway.requests().at(3).at("do"), "trust.reload") << "a new device must become known";
}

TEST_F(CtlTest, IsNotDoneUntilTheGatewayConfirmed) {
  make_authority();
  enroll("ana-laptop");
  const FakeGateway gateway{
      path("run/gateway.sock"), [](const Json&) {
        return Json{{"v", 1}, {"ok", false}, {"error", "the list is broken"}, {"hint", "mend it"}};
      }};
  const auto revoked = ctl({"devices", "revoke", "ana-laptop"});
  EXPECT_EQ(revoked.code, CtlExit::Failed);
  EXPECT_NE(revoked.err.find("did not confirm: the list is broken"), std::string::npos) << revoked.err;
  EXPECT_NE(revoked.err.find("mend it"), std::string::npos);
  EXPECT_FALSE(openssl_accepts(path("ana-laptop.pem"))) << "what could be done was done";
}

TEST_F(CtlTest, RecordsARevocationThatWhoeverWasToldOfItDidNot) {
  make_authority();
  enroll("ana-laptop");
  FakeGateway gateway{path("run/gateway.sock"), [](const Json& request) {
                        if (request.at("do") != "device.changed") return Json{{"v", 1}, {"ok", true}, {"ended", 0}};
                        return Json{{"v", 1}, {"ok", false}, {"error", "it is stopping"}, {"hint", ""}};
                      }};
  EXPECT_EQ(ctl({"devices", "revoke", "ana-laptop"}).code, CtlExit::Failed);
  ASSERT_EQ(gateway.requests().size(), 3U);
  EXPECT_EQ(gateway.requests().at(1).at("do"), "trust.reload");
  EXPECT_EQ(gateway.requests().at(2).at("do"), "audit.note");
  EXPECT_EQ(gateway.requests().at(2).at("record").at("event"), "device.revoked");
}

TEST_F(CtlTest, IsNotDoneWhenTheGatewayCouldNotRecordIt) {
  make_authority();
  enroll("ana-laptop");
  const FakeGateway gateway{path("run/gateway.sock"), [](const Json&) {
                              return Json{{"v", 1}, {"ok", true}, {"ended", 1}, {"recorded", false}};
                            }};
  const auto disabled = ctl({"devices", "disable", "ana-laptop"});
  EXPECT_EQ(disabled.code, CtlExit::Failed);
  EXPECT_NE(disabled.err.find("audit record could not be written"), std::string::npos) << disabled.err;
}

TEST_F(CtlTest, CutsADeviceOffEvenWhenNoListCanBeWritten) {
  make_authority();
  enroll("ana-laptop");
  ASSERT_EQ(std::remove(path("state/ca/ca.key").c_str()), 0);
  FakeGateway gateway{path("run/gateway.sock"), confirm};
  const auto revoked = ctl({"devices", "revoke", "ana-laptop"});
  EXPECT_EQ(revoked.code, CtlExit::Failed);
  EXPECT_NE(revoked.err.find("no new revocation list"), std::string::npos) << revoked.err;
  EXPECT_EQ(gateway.requests().size(), 2U);
  EXPECT_EQ(document({"devices", "list"}).at("devices").at(0).at("state"), "revoked");
}

TEST_F(CtlTest, DisablesAndEnablesADevice) {
  make_authority();
  enroll("ana-laptop");
  EXPECT_EQ(document({"devices", "disable", "ana-laptop"}).at("state"), "disabled");
  EXPECT_EQ(document({"devices", "list"}).at("devices").at(0).at("state"), "disabled");
  EXPECT_TRUE(openssl_accepts(path("ana-laptop.pem"))) << "disabling is no revocation";
  EXPECT_EQ(document({"devices", "enable", "ana-laptop"}).at("state_before"), "disabled");
  must({"devices", "revoke", "ana-laptop"});
  const auto enabled = ctl({"devices", "enable", "ana-laptop"});
  EXPECT_EQ(enabled.code, CtlExit::Failed);
  EXPECT_NE(enabled.err.find("final"), std::string::npos) << enabled.err;
}

TEST_F(CtlTest, SaysThatADeviceIsUnknown) {
  make_authority();
  for (const auto* verb : {"revoke", "disable", "enable"}) {
    const auto run = ctl({"devices", verb, "nobody"});
    EXPECT_EQ(run.code, CtlExit::Failed);
    EXPECT_NE(run.err.find("sallyportctl devices list"), std::string::npos) << run.err;
  }
}

TEST_F(CtlTest, ShowsOneDevice) {
  make_authority();
  enroll("ana-laptop");
  enroll("bo-laptop", "bo@example.com");
  const auto shown = document({"devices", "show", "ana-laptop"});
  EXPECT_EQ(shown.at("device"), "ana-laptop");
  EXPECT_EQ(shown.at("state"), "active");
  const auto text = ctl({"devices", "show", "ana-laptop"}).out;
  EXPECT_NE(text.find("denials list --device ana-laptop"), std::string::npos) << text;
  EXPECT_EQ(text.find("bo-laptop"), std::string::npos) << text;
  const auto none = ctl({"devices", "show", "nobody"});
  EXPECT_EQ(none.code, CtlExit::Failed);
  EXPECT_NE(none.err.find("devices list"), std::string::npos) << none.err;
}

}  // namespace
}  // namespace sallyport
