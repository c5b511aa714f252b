#include "tests/system/support/certificates.hpp"

#include <filesystem>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

/// The shortest lifetime there is: renewed after some 40 seconds.
constexpr const char* kBrief = "lifetime = \"60s\"\n";

class Renewal : public CertificateLab {
 protected:
  json status() { return lab().client({"--json", "status"}).last_line(); }
  std::string serial() {
    const auto id = status().value("device", "");
    return device(id).value("serial", "");
  }
  void enrol_and_connect() {
    const auto enrolled = enroll(make_token());
    ASSERT_TRUE(enrolled.ok()) << enrolled.text();
    ASSERT_TRUE(lab().client({"up"}).ok()) << lab().client({"status"}).text();
  }
  void wait_until_expired() {
    ASSERT_TRUE(eventually(
        [&] {
          const auto shown =
              run({"openssl", "x509", "-in", lab().path("laptop/state/device.pem"), "-noout", "-checkend", "0"});
          return shown.exit_code == 1;
        },
        Seconds{90}));
    std::this_thread::sleep_for(std::chrono::milliseconds{1500});
  }
  json hostile(const std::string& certificate, const std::string& key, const Words& cases) {
    Words arguments{"203.0.113.2:443", "vpn.example.com", lab().path(certificate), lab().path(key)};
    arguments.insert(arguments.end(), cases.begin(), cases.end());
    const auto ran = lab().run_at(Place::Internet, Lab::script("hostile_tls.py", arguments), Seconds{60});
    return {{"text", ran.text()}, {"last", ran.last_line()}};
  }
};

TEST_F(Renewal, HappensByItselfWhileTrafficGoesOn) {
  open_door(kBrief);
  enrol_and_connect();
  const auto first = serial();
  ASSERT_NE(first, "");
  auto download =
      lab().start_at(Place::Laptop, Lab::script("download.py", {lab().env("LAB_ALLOWED"), "/stream", "2"}), "download");
  ASSERT_TRUE(eventually([&] { return download.output().find("first") != std::string::npos; })) << download.output();
  ASSERT_TRUE(eventually([&] { return lab().audit_count("device.renewed") >= 1; }, Seconds{60})) << status();
  ASSERT_TRUE(eventually([&] { return lab().audit_count("certificate.revoked", "renewed") >= 1; }, Seconds{10}));
  const auto second = serial();
  EXPECT_NE(second, first);
  // Past the end of the first certificate, the same download still runs over the second.
  std::this_thread::sleep_for(std::chrono::seconds{25});
  EXPECT_FALSE(download.wait(Seconds{0})) << "the download broke: " << download.output();
  EXPECT_EQ(status().value("state", ""), "online");
  EXPECT_EQ(status()["traffic"].value("reconnects", 9), 0) << "made before broken";
  EXPECT_FALSE(std::filesystem::exists(lab().path("laptop/state/device.pem.next"))) << "the new pair is in its place";
  EXPECT_EQ(lab().audit_count("session.close", "certificate_expired"), 0U);
}

TEST_F(Renewal, WarnsWhereTheGatewayRefuses) {
  open_door(kBrief);
  enrol_and_connect();
  const auto id = status().value("device", "");
  // The door stays, but the gateway's records say no: another person has this device now.
  ASSERT_TRUE(eventually([&] { return lab().audit_count("device.renewed") >= 1; }, Seconds{60}));
  auto text = lab().read("etc/gateway.toml");
  lab().write("etc/gateway.toml", text.substr(0, text.find("[enrolment]")));
  restart_gateway();
  ASSERT_TRUE(
      eventually([&] { return status().contains("renewal") && status()["renewal"].contains("failure"); }, Seconds{70}))
      << status();
  EXPECT_EQ(status()["renewal"]["failure"].value("reason", ""), "not_offered") << status();
  EXPECT_NE(lab().client({"status"}).text().find("was not renewed yet"), std::string::npos);
}

TEST_F(Renewal, AnExpiredDeviceComesBackOnlyWhereTheAdministratorAllowsIt) {
  open_door(kBrief);
  enrol_and_connect();
  ASSERT_TRUE(lab().client({"down"}).ok());
  wait_until_expired();

  const auto refused = lab().client({"up"}, Seconds{25});
  EXPECT_FALSE(refused.ok());
  EXPECT_NE(refused.text().find("expired"), std::string::npos) << refused.text();
  EXPECT_TRUE(eventually([&] { return lab().audit_count("handshake.refused", "expired") > 0; }));
  (void)lab().client({"down"});
  EXPECT_EQ(lab().audit_count("device.renewed"), 0U);

  // With grace: TLS lets it in, but to no tunnel, and to nobody without the key.
  open_door(std::string{kBrief} + "renew_grace = \"14d\"\n");
  const auto opens = lab().audit_count("session.open");
  const auto upgrade = hostile("laptop/state/device.pem", "laptop/state/device.key", {"good"});
  EXPECT_NE(upgrade["text"].get<std::string>().find("403 Forbidden"), std::string::npos) << upgrade;
  EXPECT_TRUE(eventually([&] { return lab().audit_count("renewal.refused", "certificate_expired") > 0; }));
  const Words attacks{"empty_certificate",
                      "certificate_without_verify",
                      "verify_over_another_transcript",
                      "verify_before_certificate",
                      "finished_early",
                      "wrong_finished",
                      "data_before_finished"};
  for (const auto& attack : attacks) {
    const auto result = hostile("laptop/state/device.pem", "laptop/state/device.key", {attack})["last"];
    EXPECT_EQ(result.value("answer", "?"), "") << result;
  }
  const auto thief = hostile("laptop/state/device.pem", "tool/state/device.key", {"good"})["last"];
  EXPECT_EQ(thief.value("answer", "?"), "") << "without the key: " << thief;
  EXPECT_EQ(lab().audit_count("session.open"), opens);

  const auto back = lab().client({"up"}, Seconds{25});
  EXPECT_TRUE(back.ok()) << back.text();
  EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
  EXPECT_EQ(lab().audit_count("device.renewed"), 1U);
}

TEST_F(Renewal, ARevokedDeviceIsNotSavedByGrace) {
  open_door(std::string{kBrief} + "renew_grace = \"14d\"\n");
  enrol_and_connect();
  const auto id = status().value("device", "");
  ASSERT_TRUE(lab().client({"down"}).ok());
  ASSERT_TRUE(lab().ctl({"devices", "revoke", id}).ok());
  wait_until_expired();
  EXPECT_FALSE(lab().client({"up"}, Seconds{25}).ok());
  EXPECT_EQ(lab().audit_count("device.renewed"), 0U);
  EXPECT_TRUE(eventually([&] { return lab().audit_count("handshake.refused", "revoked") > 0; }));
}

}  // namespace
}  // namespace sallyport::lab
