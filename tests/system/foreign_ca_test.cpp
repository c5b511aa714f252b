#include "tests/system/support/foreign_ca.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

constexpr const char* kServer = "203.0.113.1:8088";
constexpr const char* kByWeb =
    "crl = \"http://203.0.113.1:8088/corp.crl\"\ncrl_interval = \"2s\"\ncrl_timeout = \"1s\"\n";

class ForeignCaTest : public ForeignLab {
 protected:
  Background serve(const ForeignCa& ca, const Words& tls = {}) {
    Words words{kServer, ca.path("list.crl")};
    words.insert(words.end(), tls.begin(), tls.end());
    auto server = lab().start_at(Place::Internet, Lab::script("crl_server.py", words), "crl");
    EXPECT_TRUE(eventually([&] { return server.output().find("ready") != std::string::npos; })) << server.output();
    return server;
  }
  static std::size_t answers(const Background& server, int status) {
    std::istringstream lines{server.output()};
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) {
      const auto answer = json::parse(line, nullptr, false);
      count += answer.is_object() && answer.value("status", 0) == status ? 1U : 0U;
    }
    return count;
  }
  std::string why_not() { return lab().client({"status"}).text() + gateway_log(); }
  Background live_download() {
    auto download = lab().start_at(Place::Laptop,
                                   Lab::script("download.py", {lab().env("LAB_ALLOWED"), "/stream", "2"}), "download");
    EXPECT_TRUE(eventually([&] { return download.output().find("first") != std::string::npos; })) << download.output();
    return download;
  }
  /// The allowed service is there for those alone whose list is known to be fresh.
  void ask_for_fresh_lists() {
    const auto policy = lab().read("etc/policy.d/10-lab.toml");
    lab().write("etc/policy.d/10-lab.toml",
                replaced(policy, "to  = [\"web\", \"ping\"]", "to  = [\"web\", \"ping\"]\nrevocation_age = \"1h\""));
  }
  /// Of a form that is not taken.
  std::string list_without_number(const ForeignCa& ca) {
    const auto numbered = replaced(lab().read(ca.file("ca.cnf")), "crl_extensions = list\n", "");
    lab().write(ca.file("plain.cnf"), replaced(numbered, "crlnumber = ", "unused = "));
    const auto made = run({"env", "SAN=email:x@example.com", "openssl", "ca", "-config", ca.path("plain.cnf"),
                           "-gencrl", "-out", ca.path("plain.crl")});
    EXPECT_TRUE(made.ok()) << made.text();
    return lab().read(ca.file("plain.crl"));
  }
  bool is_open() { return lab().fetch(lab().env("LAB_ALLOWED")).exit_code == 0; }
  void add_device() {
    const auto added =
        lab().ctl({"devices", "add", "--authority", "corp", "--id", "ana-foreign", "--user", "ana@example.com"});
    ASSERT_TRUE(added.ok()) << added.text();
  }
};

TEST_F(ForeignCaTest, ItsDevicesComeInByTheirNamesAndGoByItsListOverHttp) {
  const ForeignCa ca{lab(), "corp"};
  ca.issue("ana-foreign", "Ana@example.com");
  ca.issue("thief", "ana@example.com", Seconds{86400}, "tool-1");
  ca.issue("stranger", "eve@example.org");
  const auto server = serve(ca);
  configure(section(ca, kByWeb));
  const auto reload = lab().ctl({"reload"});
  ASSERT_TRUE(reload.ok()) << "its first list is fetched for the reload: " << reload.text();

  install(ca, "ana-foreign");
  EXPECT_FALSE(connects());
  EXPECT_TRUE(eventually([&] { return lab().audit_count("session.refused", "unknown_device") > 0; })) << why_not();
  install(ca, "thief");
  EXPECT_FALSE(connects());
  EXPECT_TRUE(eventually([&] { return lab().audit_count("session.refused", "other_authority") > 0; })) << why_not();
  install(ca, "stranger");
  EXPECT_FALSE(connects());
  EXPECT_TRUE(eventually([&] { return lab().audit_count("handshake.refused", "user_not_allowed") > 0; })) << why_not();

  add_device();
  install(ca, "ana-foreign");
  ASSERT_TRUE(connects()) << why_not();
  const auto devices = lab().ctl({"--json", "devices", "list"}).last_line()["devices"];
  const auto seen =
      std::find_if(devices.begin(), devices.end(), [](const json& d) { return d["device"] == "ana-foreign"; });
  ASSERT_NE(seen, devices.end());
  EXPECT_EQ((*seen)["authority"], "corp");
  EXPECT_TRUE((*seen)["serial"].is_string()) << *seen;

  // Nothing new: the server is asked, and says so in a line.
  ASSERT_TRUE(eventually([&] { return answers(server, 304) >= 2; }, Seconds{8})) << server.output();
  EXPECT_GE(source()["unchanged"].get<int>(), 2) << source();
  EXPECT_TRUE(source()["error"].is_null()) << source();

  Watch watch{lab()};
  auto download = live_download();
  ca.revoke("ana-foreign");
  ca.publish();
  const auto published = wall_seconds();
  EXPECT_TRUE(download.wait(Seconds{8})) << "the download goes on";
  const double last = download.last_line().value("last_byte", 0.0) - published;
  std::cout << "last octet " << last << " s after the list was published, asked every 2 s; " << answers(server, 200)
            << " times 200, " << answers(server, 304) << " times 304\n";
  EXPECT_LT(last, 5.0);
  const auto watched = watch.finish();
  SALLYPORT_EXPECT_CLEAN(watched);
  EXPECT_GT(lab().audit_count("session.close", "device_revoked"), 0U);
  EXPECT_NE(gateway_log().find("revocation.devices"), std::string::npos);
  EXPECT_FALSE(connects());
  EXPECT_TRUE(eventually([&] { return lab().audit_count("handshake.refused", "revoked") > 0; }));
}

TEST_F(ForeignCaTest, AServerThatFailsLeavesTheLastGoodListAndAnAlarm) {
  const ForeignCa ca{lab(), "corp"};
  ca.issue("ana-foreign", "ana@example.com");
  {
    const auto server = serve(ca);
    configure(section(ca, std::string{kByWeb} + "enrol_unknown = true\n"));
    ASSERT_TRUE(lab().ctl({"reload"}).ok());
    install(ca, "ana-foreign");
    ASSERT_TRUE(connects()) << "recorded at first sight: " << why_not();
    EXPECT_EQ(lab().audit_count("device.recorded"), 1U);
    const auto number = authority()["certificates"][0]["crl"]["number"];
    struct Fault {
      const char* mode;
      const char* words;
    };
    for (const auto& [mode, words] :
         {Fault{"error", "HTTP 500"}, Fault{"redirect", "sends elsewhere"}, Fault{"garbage", "no revocation list"},
          Fault{"large", "larger than"}, Fault{"slow", "Timeout"}}) {
      lab().write("corp/list.crl.mode", mode);
      EXPECT_TRUE(eventually(
          [&, words = words] {
            const auto error = source()["error"];
            return error.is_string() && error.get<std::string>().find(words) != std::string::npos;
          },
          Seconds{8}))
          << mode << ": " << source();
      EXPECT_EQ(authority()["certificates"][0]["crl"]["number"], number);
      EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0) << mode;
    }
    EXPECT_NE(gateway_log().find("revocation.failed"), std::string::npos);
    EXPECT_NE(lab().ctl({"status"}).text().find("203.0.113.1:8088/corp.crl: Timeout"), std::string::npos)
        << lab().ctl({"status"}).text();
    lab().write("corp/list.crl.mode", "ok");
    EXPECT_TRUE(eventually([&] { return source()["error"].is_null(); }, Seconds{8})) << source();
    EXPECT_NE(gateway_log().find("revocation.recovered"), std::string::npos);
  }
  // Nobody answers any more: what was good last is there at the next start.
  restart_gateway();
  EXPECT_TRUE(connects()) << why_not();
  EXPECT_TRUE(eventually([&] { return source()["error"].is_string(); })) << source();
  std::filesystem::remove_all(lab().path("state/revocation"));
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  const auto refused = try_start();
  EXPECT_EQ(refused.exit_code, 78) << refused.text();
  EXPECT_NE(refused.text().find("no good revocation list"), std::string::npos) << refused.text();
}

TEST_F(ForeignCaTest, RevocationAgeCountsFromTheListOfItsOwnAuthority) {
  const ForeignCa ca{lab(), "corp"};
  ca.issue("ana-foreign", "ana@example.com");
  ca.publish(Seconds{86400}, Seconds{7200});
  ask_for_fresh_lists();
  configure(section(ca, "crl = \"" + ca.path("list.crl") + "\"\nenrol_unknown = true\nenrol_unknown_limit = 1\n"));
  const auto reload = lab().ctl({"reload"});
  ASSERT_TRUE(reload.ok()) << reload.text();
  install(ca, "ana-foreign");
  (void)lab().client({"up"});
  ASSERT_TRUE(lab().is_online()) << why_not();
  EXPECT_NE(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0) << "its list is two hours old";
  EXPECT_TRUE(lab().tool("plain_client.py", {"get", lab().env("LAB_ALLOWED")}).ok()) << "ours was made just now";
  ca.publish();
  EXPECT_TRUE(eventually([&] { return lab().fetch(lab().env("LAB_ALLOWED")).exit_code == 0; }, Seconds{5}))
      << "the same session, with the new list: " << why_not();
  EXPECT_EQ(lab().audit_count("session.close"), 1U) << "the tool's alone";

  ca.issue("ana-second", "ana@example.com");
  install(ca, "ana-second");
  EXPECT_FALSE(connects());
  EXPECT_TRUE(eventually([&] { return lab().audit_count("session.refused", "too_many_unknown") > 0; })) << why_not();
  const auto listed = lab().ctl({"devices", "list"});
  EXPECT_NE(listed.output.find("the word of the authority corp: 1 of at most 1."), std::string::npos) << listed.text();
  EXPECT_NE(gateway_log().find("authority.full"), std::string::npos);
}

TEST_F(ForeignCaTest, AListThatCannotBeReadMakesItsIssuerStaleAndSpoilsNoOther) {
  const ForeignCa first{lab(), "corp"};
  const ForeignCa second{lab(), "second", "Second CA"};
  first.issue("ana-foreign", "ana@example.com");
  second.issue("ana-second", "ana@example.com");
  const auto publish = [&](const std::string& of_second) {
    lab().write("corp/all.new", lab().read(first.file("list.crl")) + of_second);
    std::filesystem::rename(first.path("all.new"), first.path("all.crl"));
  };
  const auto both = lab().read(first.file("ca.pem")) + lab().read(second.file("ca.pem"));
  lab().write(first.file("ca.pem"), both);
  publish(lab().read(second.file("list.crl")));
  ask_for_fresh_lists();
  configure(section(first, "crl = \"" + first.path("all.crl") + "\"\nenrol_unknown = true\n"));
  const auto reload = lab().ctl({"reload"});
  ASSERT_TRUE(reload.ok()) << reload.text();
  install(second, "ana-second");
  ASSERT_TRUE(connects()) << why_not();

  const auto plain = list_without_number(second);
  publish(plain);
  EXPECT_TRUE(eventually([&] { return lab().fetch(lab().env("LAB_ALLOWED")).exit_code != 0; }, Seconds{5}))
      << "the same session: how old the knowledge is, nobody can say";
  const auto trust = authority();
  EXPECT_TRUE(trust["certificates"][0]["unread"].empty()) << trust;
  ASSERT_EQ(trust["certificates"][1]["unread"].size(), 1U) << trust;
  const auto words = trust["certificates"][1]["unread"][0].get<std::string>();
  EXPECT_NE(words.find("all.crl: block 2, a list of CN=Second CA"), std::string::npos) << words;
  EXPECT_NE(lab().ctl({"status"}).text().find("block 2"), std::string::npos) << lab().ctl({"status"}).text();
  EXPECT_NE(lab().ctl({"pki", "forecast"}).text().find("block 2"), std::string::npos);
  EXPECT_NE(gateway_log().find("block 2"), std::string::npos);

  // Its neighbour in the same file counts, and revokes.
  install(first, "ana-foreign");
  ASSERT_TRUE(connects()) << why_not();
  first.revoke("ana-foreign");
  first.publish();
  publish(plain);
  EXPECT_TRUE(eventually([&] { return lab().audit_count("session.close", "device_revoked") > 0; })) << why_not();
  second.publish();
  publish(lab().read(second.file("list.crl")));
  install(second, "ana-second");
  EXPECT_TRUE(eventually([&] { return source()["error"].is_null(); })) << source();
  EXPECT_TRUE(connects()) << "healed: " << why_not();
}

TEST_F(ForeignCaTest, WhatCannotBeReadStaysStaleWhateverElseIsReloadedAndOverARestart) {
  const ForeignCa ca{lab(), "corp"};
  ca.issue("ana-foreign", "ana@example.com");
  ask_for_fresh_lists();
  {
    const auto server = serve(ca);
    configure(section(ca, std::string{kByWeb} + "enrol_unknown = true\n"));
    const auto reload = lab().ctl({"reload"});
    ASSERT_TRUE(reload.ok()) << reload.text();
    install(ca, "ana-foreign");
    ASSERT_TRUE(connects()) << why_not();
    lab().write(ca.file("list.crl"), list_without_number(ca));
    ASSERT_TRUE(eventually([&] { return !is_open(); }, Seconds{8})) << source();
  }
  // Nobody can look any more.
  for (const Words& words : {Words{"devices", "revoke", "tool-1"}, Words{"crl", "issue"}, Words{"reload"}}) {
    const auto done = lab().ctl(words);
    ASSERT_TRUE(done.ok()) << done.text();
    EXPECT_FALSE(is_open()) << words.front() << ": how old the knowledge is, still nobody can say";
  }
  restart_gateway();
  (void)lab().client({"up"}, Seconds{10});
  ASSERT_TRUE(eventually([&] { return lab().is_online(); })) << why_not();
  EXPECT_FALSE(is_open());
  EXPECT_NE(lab().ctl({"pki", "forecast"}).text().find("a list of CN=Corp CA"), std::string::npos);

  ca.publish();
  const auto server = serve(ca);
  EXPECT_TRUE(eventually([&] { return is_open(); }, Seconds{10})) << why_not();
}

TEST_F(ForeignCaTest, OverHttpsItBelievesWhomItIsToldAlone) {
  const ForeignCa ca{lab(), "corp"};
  const auto web = [&](const std::string& name) {
    const auto made = run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                           "-days", "9", "-subj", "/CN=web", "-addext", "subjectAltName=IP:203.0.113.1", "-keyout",
                           ca.path(name + ".key"), "-out", ca.path(name + ".pem")});
    EXPECT_TRUE(made.ok()) << made.text();
    return ca.path(name + ".pem");
  };
  const auto good = web("web");
  const auto other = web("other");
  const auto server = serve(ca, {good, ca.path("web.key")});
  const auto by_https = [&](const std::string& trusted) {
    return section(
        ca, "crl = \"https://203.0.113.1:8088/corp.crl\"\ncrl_interval = \"2s\"\ncrl_ca = \"" + trusted + "\"\n");
  };
  configure(by_https(other));
  const auto refused = lab().ctl({"reload"});
  EXPECT_EQ(refused.exit_code, 1) << "no list at all, and one is required";
  EXPECT_NE(refused.text().find("certificate"), std::string::npos) << refused.text();
  EXPECT_EQ(answers(server, 200), 0U);
  configure(by_https(good));
  const auto taken = lab().ctl({"reload"});
  EXPECT_TRUE(taken.ok()) << taken.text();
  EXPECT_GE(answers(server, 200), 1U);
}

TEST_F(ForeignCaTest, TrustThatWouldLockOutKnownDevicesIsRefusedUntilItIsMeant) {
  const ForeignCa ca{lab(), "corp"};
  ca.issue("ana-foreign", "ana@example.com");
  const auto by_file = "crl = \"" + ca.path("list.crl") + "\"\nenrol_unknown = true\n";
  configure(section(ca, by_file));
  ASSERT_TRUE(lab().ctl({"reload"}).ok());
  install(ca, "ana-foreign");
  ASSERT_TRUE(connects()) << why_not();

  configure({});
  const auto refused = lab().ctl({"reload"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.text().find("would lock out 1 known device"), std::string::npos) << refused.text();
  EXPECT_NE(refused.text().find("ana-foreign of ana@example.com"), std::string::npos) << refused.text();
  EXPECT_NE(refused.text().find("sallyportctl reload --allow-stranding 1"), std::string::npos) << refused.text();
  EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0) << "what ran runs on";
  EXPECT_EQ(authority()["name"], "corp");

  // For --check too. A start names them, and lets the others in.
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  const auto check = try_start({"--check"});
  EXPECT_EQ(check.exit_code, 78) << check.text();
  EXPECT_NE(check.text().find("sallyport-gateway --check --allow-stranding 1"), std::string::npos) << check.text();
  EXPECT_EQ(try_start({"--check", "--allow-stranding", "1"}).exit_code, 0);
  const auto start = try_start();
  EXPECT_EQ(start.exit_code, 124) << "it ran until it was stopped: " << start.text();
  EXPECT_NE(start.text().find("trust.stranded"), std::string::npos) << start.text();
  EXPECT_NE(start.text().find("ana-foreign of ana@example.com"), std::string::npos) << start.text();

  configure(section(ca, by_file));
  ASSERT_TRUE(lab().start("sallyport-gateway").ok());
  ASSERT_TRUE(connects()) << why_not();
  configure({});
  const auto meant = lab().ctl({"reload", "--allow-stranding", "1"});
  EXPECT_TRUE(meant.ok()) << meant.text();
  EXPECT_TRUE(eventually([&] { return lab().audit_count("session.close", "trust_changed") > 0; }));
  EXPECT_FALSE(connects());
}

}  // namespace
}  // namespace sallyport::lab
