#include "tests/system/support/fixture.hpp"

#include <sched.h>
#include <sys/mount.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <set>
#include <sstream>
#include <thread>

namespace sallyport::lab {
namespace {

std::vector<json> records_in(const std::string& text) {
  std::vector<json> records;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) records.push_back(json::parse(line, nullptr, false));
  return records;
}

class Audit : public OwnLab {
 protected:
  json verify() { return lab().ctl({"--json", "audit", "verify"}).last_line(); }
  std::vector<json> search(Words filter) {
    filter.insert(filter.begin(), {"--json", "audit", "search"});
    return records_in(lab().ctl(filter).output);
  }
  std::set<std::string> events() {
    std::set<std::string> names;
    for (const auto& record : lab().audit()) names.insert(record.value("event", ""));
    return names;
  }
  json audit_status() { return lab().ctl({"--json", "status"}).last_line().value("audit", json::object()); }
};

TEST_F(Audit, HoldsWhoCameByWhichRuleAndHowFreshThatWas) {
  ASSERT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
  ASSERT_NE(lab().fetch(lab().env("LAB_FORBIDDEN")).exit_code, 0);
  ASSERT_TRUE(eventually([&] { return !search({"--event", "flow.denied"}).empty(); }));
  ASSERT_TRUE(eventually([&] { return !search({"--event", "attestation.accepted"}).empty(); }));
  const auto opened = search({"--event", "session.open"});
  const auto allowed = search({"--event", "flow.allowed"});
  const auto denied = search({"--event", "flow.denied"});
  ASSERT_EQ(opened.size(), 1U);
  ASSERT_EQ(allowed.size(), 1U) << "once for each rule";
  EXPECT_EQ(allowed[0].at("rule"), "staff-web");
  EXPECT_EQ(allowed[0].at("destination"), lab().env("LAB_ALLOWED") + "/tcp");
  EXPECT_EQ(denied[0].at("verdict"), "deny");
  for (const auto& record : {opened[0], allowed[0], denied[0]}) {
    EXPECT_EQ(record.at("device"), lab().env("LAB_DEVICE")) << record;
    EXPECT_EQ(record.at("serial"), opened[0].at("serial")) << record;
    EXPECT_EQ(record.at("policy"), opened[0].at("policy")) << record;
    EXPECT_LT(record.at("evidence").at("key_age").get<int>(), 10) << record;
    EXPECT_LT(record.at("evidence").at("revocation_age").get<int>(), 60) << record;
    EXPECT_GT(record.at("evidence").at("certificate_left").get<int>(), 80 * 86400) << record;
    EXPECT_TRUE(record.at("evidence").at("proof_age").is_null()) << record;
  }
  EXPECT_EQ(search({"--code", denied[0].at("reference").get<std::string>()}).size(), 1U);
  EXPECT_EQ(verify().value("intact", false), true);
}

TEST_F(Audit, HoldsWhatAdministratorsDoAndWho) {
  const auto sessions = lab().ctl({"--json", "sessions", "list"}).last_line();
  const auto session = std::to_string(sessions["sessions"][0]["session"].get<std::uint64_t>());
  ASSERT_TRUE(lab().ctl({"sessions", "end", session}).ok());
  ASSERT_TRUE(lab().ctl({"devices", "disable", "tool-1"}).ok());
  ASSERT_TRUE(lab().ctl({"devices", "enable", "tool-1"}).ok());
  ASSERT_TRUE(lab().ctl({"devices", "revoke", "tool-1"}).ok());
  ASSERT_TRUE(lab().ctl({"users", "totp", "enroll", "ana@example.com"}).ok());
  ASSERT_TRUE(lab().ctl({"crl", "issue"}).ok());
  ASSERT_TRUE(lab().ctl({"reload"}).ok());
  ASSERT_TRUE(lab().ctl({"tokens", "create", "--user", "ana@example.com"}).ok());
  lab().write("etc/policy.d/20-broken.toml", "version = 1\n[allow.x]\nwhom = \"ana\"\n");
  ASSERT_FALSE(lab().ctl({"reload"}).ok());
  std::filesystem::remove(lab().path("etc/policy.d/20-broken.toml"));
  for (const char* event : {"session.end", "device.disabled", "device.enabled", "device.revoked", "proof.enrolled",
                            "crl.issued", "config.reload", "trust.reload", "token.created", "reload.refused"}) {
    const auto found = search({"--event", event});
    ASSERT_FALSE(found.empty()) << event;
    EXPECT_FALSE(found.back().value("by", "").empty()) << found.back();
  }
  EXPECT_EQ(search({"--event", "session.end"})[0].at("session"), std::stoull(session));
  // The same while no gateway runs: sallyportctl writes for it, and the chain goes on.
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  ASSERT_TRUE(lab().ctl({"users", "totp", "reset", "ana@example.com"}).ok());
  EXPECT_EQ(verify().value("intact", false), true);
  ASSERT_TRUE(lab().start("sallyport-gateway").ok());
  EXPECT_EQ(search({"--event", "gateway.start"}).size(), 2U);
  EXPECT_EQ(search({"--event", "gateway.stop"}).size(), 1U);
  EXPECT_EQ(verify().value("intact", false), true);
}

TEST_F(Audit, LosesNothingWhenTheGatewayIsKilled) {
  for (int kill = 0; kill < 3; ++kill) {
    ASSERT_TRUE(lab().wait_online(Seconds{20}));
    (void)lab().fetch(lab().env("LAB_FORBIDDEN"));
    const auto opened = lab().audit_count("session.open");
    ASSERT_TRUE(lab().stop("sallyport-gateway", "KILL").ok());
    EXPECT_EQ(lab().audit_count("session.open"), opened);
    EXPECT_EQ(verify().value("intact", false), true) << verify();
    ASSERT_TRUE(lab().start("sallyport-gateway").ok());
  }
  EXPECT_EQ(search({"--event", "gateway.start"}).size(), 4U);
  EXPECT_EQ(verify().value("intact", false), true) << verify();
}

TEST_F(Audit, NamesALineThatSomebodyAltersAndComesBackFromADeletedFile) {
  ASSERT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
  ASSERT_EQ(verify().value("intact", false), true);
  const auto text = lab().read("state/audit.jsonl");
  const auto at = text.find("ana@example.com");
  // In place: another file there would be put aside.
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  const auto poke = [&](char octet) {
    std::FILE* file = std::fopen(lab().path("state/audit.jsonl").c_str(), "r+");
    ASSERT_NE(file, nullptr);
    std::fseek(file, static_cast<long>(at), SEEK_SET);
    std::fputc(octet, file);
    std::fclose(file);
  };
  poke('x');
  const auto ran = lab().ctl({"audit", "verify"});
  EXPECT_EQ(ran.exit_code, 5) << ran.text();
  EXPECT_NE(ran.output.find("audit.jsonl:" + std::to_string(line) + ": changed"), std::string::npos) << ran.text();
  poke('a');
  EXPECT_EQ(lab().ctl({"audit", "verify"}).exit_code, 0);
  std::filesystem::remove(lab().path("state/audit.jsonl"));
  EXPECT_TRUE(eventually([&] { return lab().audit_count("audit.restored") == 1; }, Seconds{3}));
  EXPECT_TRUE(lab().read("state/audit.jsonl").starts_with(text));
  EXPECT_EQ(lab().ctl({"audit", "verify"}).exit_code, 0);
}

/// Small files, so that the share of strangers is small too: ten refusals of each reason at once.
TEST_F(Audit, AFloodOfStrangersIsSummedUpAndHidesNoOtherRefusal) {
  auto text = lab().read("etc/gateway.toml");
  lab().write("etc/gateway.toml", text +
                                      "[limits]\nhandshakes_per_second_per_source = 1000\nburst = 1000\n[audit]\n"
                                      "file_mib = 1\nfiles = 2\n");
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  ASSERT_TRUE(lab().start("sallyport-gateway").ok());
  const std::string flood =
      "import socket\nfor i in range(200):\n  s = socket.create_connection(('203.0.113.2', 443), 5)\n"
      "  s.sendall(b'\\x16\\x03\\x01\\x00\\x04abcd')\n  s.settimeout(5)\n  try:\n    while s.recv(100): pass\n"
      "  except OSError: pass\n  s.close()\n";
  ASSERT_TRUE(lab().run_at(Lab::Place::Internet, {"python3", "-c", flood}, Seconds{30}).ok());
  ASSERT_TRUE(eventually([&] { return lab().audit_count("handshake.refused") >= 10; }));
  const auto reason = search({"--event", "handshake.refused"}).at(0).value("reason", "");
  EXPECT_TRUE(eventually([&] { return audit_status().value("left_out", 0) >= 190; })) << audit_status();
  EXPECT_EQ(lab().audit_count("handshake.refused", reason), 10U);
  // Another reason has records of its own.
  const std::string leave = "import socket\nsocket.create_connection(('203.0.113.2', 443), 5).close()\n";
  ASSERT_TRUE(lab().run_at(Lab::Place::Internet, {"python3", "-c", leave}, Seconds{30}).ok());
  EXPECT_TRUE(eventually([&] { return lab().audit_count("handshake.refused", "disconnected") == 1; }));
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  const auto left = search({"--event", "records.left_out", "--reason", reason});
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].at("count"), 190);
  EXPECT_EQ(left[0].at("left_out"), "handshake.refused");
  EXPECT_LE(left[0].at("from").get<std::string>(), left[0].at("until").get<std::string>());
  EXPECT_EQ(verify().value("intact", false), true);
}

/// The audit file on a disk of 2 MiB.
class AuditOnAFullDisk : public Audit {
 protected:
  void SetUp() override {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      GTEST_SKIP() << "no mounts here";
    Audit::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
    std::filesystem::create_directory(lab().path("small"));
    ASSERT_TRUE(run({"mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "none", lab().path("small")}).ok());
    lab().write("etc/gateway.toml", lab().read("etc/gateway.toml") + "[audit]\nfile = \"" +
                                        lab().path("small/audit.jsonl") + "\"\ngrace = \"3s\"\n");
    ASSERT_TRUE(lab().start("sallyport-gateway").ok());
    ASSERT_TRUE(lab().wait_online(Seconds{20}));
  }
  void TearDown() override {
    OwnLab::TearDown();
    if (IsSkipped()) return;
    (void)lab().stop("sallyport-gateway");
    (void)run({"umount", lab().path("small")});
  }

  void fill() { (void)run({"dd", "if=/dev/zero", "of=" + lab().path("small/filler"), "bs=4096"}); }
  void make_room() { std::filesystem::remove(lab().path("small/filler")); }
  std::size_t count(const std::string& event, const std::string& reason = {}) {
    std::size_t found = 0;
    for (const auto& record : records_in(lab().read("small/audit.jsonl")))
      found += record.value("event", "") == event && (reason.empty() || record.value("reason", "") == reason) ? 1 : 0;
    return found;
  }
  json try_to_connect() { return lab().tool("hostile_device.py", {"forbidden_port"}).last_line(); }
};

TEST_F(AuditOnAFullDisk, LetsNobodyInAlarmsEndsSessionsAndRecovers) {
  ASSERT_EQ(audit_status().value("state", ""), "good");
  const auto filled = std::chrono::steady_clock::now();
  fill();
  ASSERT_TRUE(eventually([&] { return audit_status().value("state", "") == "failing"; }, Seconds{3}));
  const Seconds alarmed = std::chrono::steady_clock::now() - filled;
  std::cout << "the alarm came " << alarmed.count() << " s after the disk began to fill\n";
  EXPECT_LT(alarmed.count(), 2.0) << "a second, and what filling and asking take";
  EXPECT_NE(lab().ctl({"status"}).output.find("cannot be written since"), std::string::npos);
  EXPECT_NE(lab().read("log/sallyport-gateway.log").find("audit.failed"), std::string::npos);
  EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0) << "who is in goes on for a while";
  const auto answer = try_to_connect();
  EXPECT_EQ(answer.value("status", 0), 503) << answer;
  EXPECT_NE(answer.value("body", "").find("audit_unavailable"), std::string::npos) << answer;
  EXPECT_TRUE(eventually([&] { return count("session.close", "audit_unavailable") == 1; }, Seconds{6}))
      << "the room in reserve holds the ends of sessions";
  EXPECT_NE(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
  make_room();
  EXPECT_TRUE(eventually([&] { return audit_status().value("state", "") == "good"; }, Seconds{3}));
  EXPECT_TRUE(lab().wait_online(Seconds{30}));
  EXPECT_EQ(count("audit.failing"), 1U);
  EXPECT_EQ(count("audit.recovered"), 1U);
  EXPECT_EQ(lab().ctl({"audit", "verify"}).exit_code, 0);
}

TEST_F(AuditOnAFullDisk, LetsEverybodyInWhereThatIsWanted) {
  lab().write("etc/gateway.toml",
              replaced(lab().read("etc/gateway.toml"), "grace =", "on_full = \"continue\"\ngrace ="));
  ASSERT_TRUE(lab().ctl({"reload"}).ok());
  fill();
  ASSERT_TRUE(eventually([&] { return audit_status().value("state", "") == "failing"; }, Seconds{3}));
  EXPECT_FALSE(try_to_connect().contains("status")) << "let in";
  std::this_thread::sleep_for(std::chrono::seconds{4});
  EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
  make_room();
}

}  // namespace
}  // namespace sallyport::lab
