#include "tests/unit/server/ctl/ctl_fixture.hpp"
#include "tests/unit/server/ctl/fake_gateway.hpp"

namespace sallyport {
namespace {

using Json = nlohmann::json;

Json status_answer() {
  return {{"v", 1},
          {"ok", true},
          {"name", "vpn.example.com"},
          {"version", "0.1.0"},
          {"uptime_seconds", 3700},
          {"policy", {{"hash", "4f2a"}, {"rules", 1}, {"empty", false}}},
          {"sessions", 3},
          {"trust",
           {{"ca_not_after", "2999-01-01T00:00:00Z"},
            {"crl_number", 7},
            {"crl_next_update", "2999-01-01T00:00:00Z"},
            {"problem", nullptr}}},
          {"counters", {{"foreign_source", 0}, {"no_flow", 5}}}};
}

Json session_answer() {
  return {{"v", 1},
          {"ok", true},
          {"sessions",
           {{{"session", 17},
             {"device", "ana-laptop"},
             {"user", "ana@example.com"},
             {"source", "198.51.100.7"},
             {"v4", "10.99.0.2"},
             {"v6", nullptr},
             {"since", "2026-01-01T00:00:00Z"},
             {"bytes_in", 1500},
             {"bytes_out", 12'345'678},
             {"flows", 4},
             {"denied", 1}}}}};
}

TEST_F(CtlTest, ShowsHowFastWhatWasCutWasCut) {
  auto answer = status_answer();
  answer["cut"] = {{"revoke", {{"count", 12}, {"last_packet_us", {{"p50", 400}, {"p99", 1900}, {"max", 2100}}}}},
                   {"policy", {{"count", 0}, {"last_packet_us", {{"p50", 0}, {"p99", 0}, {"max", 0}}}}}};
  const FakeGateway gateway{path("run/gateway.sock"), [&](const Json&) { return answer; }};
  const auto run = ctl({"status"});
  EXPECT_NE(run.out.find("  cut        revoke: 12 times; last packet 0.4 ms after (p50), 1.9 (p99), 2.1 at most\n"),
            std::string::npos)
      << run.out;
  EXPECT_EQ(run.out.find("policy: 0"), std::string::npos) << "nothing to say";
}

TEST_F(CtlTest, ShowsWhoWasTurnedAwayAtTheDoorAndWhoCameFromElsewhere) {
  auto answer = status_answer();
  answer["handshakes_refused"] = {{"too_fast", 12}, {"unknown_ca", 0}};
  answer["session_counts"] = {{"ended", Json::object()}, {"refused", Json::object()}, {"source_changed", 2}};
  const FakeGateway gateway{path("run/gateway.sock"), [&](const Json&) { return answer; }};
  auto text = ctl({"status"}).out;
  EXPECT_NE(text.find("  door       handshakes refused: too_fast 12\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  elsewhere  2 sessions of devices"), std::string::npos) << text;
  answer["session_counts"]["source_changed"] = 0;
  text = ctl({"status"}).out;
  EXPECT_EQ(text.find("elsewhere"), std::string::npos) << text;
}

TEST_F(CtlTest, ShowsARotationWhileItIsUnderWay) {
  auto answer = status_answer();
  const FakeGateway gateway{path("run/gateway.sock"), [&](const Json&) { return answer; }};
  const auto text_in = [&](const char* phase, int refused) {
    answer["trust"]["rotation"] = {{"phase", phase}, {"next", nullptr}, {"refused", refused}};
    return ctl({"status"}).out;
  };
  auto text = text_in("none", 0);
  EXPECT_EQ(text.find("rotation"), std::string::npos) << text;
  text = text_in("issuing", 0);
  EXPECT_NE(text.find("  rotation   step 2 of 3, issuing: laptops get certificates of the new authority; what to do "
                      "next: sallyportctl ca status\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("authority.refused"), std::string::npos) << text;
  EXPECT_NE(text_in("spreading", 0).find("step 1 of 3, spreading"), std::string::npos);
  EXPECT_NE(text_in("retiring", 0).find("step 3 of 3, retiring"), std::string::npos);
  text = text_in("none", 2);
  EXPECT_NE(text.find("  rotation   2 times a device did not take what it was told of authorities; see "
                      "authority.refused in the audit file\n"),
            std::string::npos)
      << text;
}

TEST_F(CtlTest, ShowsWhatTheRecordsLost) {
  auto answer = status_answer();
  answer["decisions"] = {{"file", nullptr}, {"written", 40}, {"lost", 0}};
  answer["denials"] = {{"lost", 0}, {"reports_lost", 0}, {"messages_unread", 0}};
  const FakeGateway gateway{path("run/gateway.sock"), [&](const Json&) { return answer; }};
  auto text = ctl({"status"}).out;
  EXPECT_EQ(text.find("lost"), std::string::npos) << text;
  answer["decisions"]["lost"] = 12;
  answer["denials"] = {{"lost", 3}, {"reports_lost", 2}, {"messages_unread", 900}};
  text = ctl({"status"}).out;
  EXPECT_NE(text.find("  decisions  12 lost: more than is recorded one by one; see decisions.lost in the audit file\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  denials    3 lost: more than is told one by one; see denials.lost in the audit file\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  reports    2 of attestation or of cut flows lost: the gateway was too busy to take them\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  messages   900 not read: a laptop sent more in one second than is read of one session\n"),
            std::string::npos)
      << text;
}

TEST_F(CtlTest, SaysAfterAReloadWhichFilesDoNotCount) {
  const Json file = {{"file", "/p/90-deny.tml"}, {"message", "does not count"}, {"hint", "if it is to count: mv"}};
  const Json answer = {{"v", 1}, {"ok", true}, {"policy", "4f2a"}, {"ended", 0}, {"uncounted", {file}}};
  const FakeGateway gateway{path("run/gateway.sock"), [&](const Json&) { return answer; }};
  const auto run = ctl({"reload"});
  EXPECT_EQ(run.code, CtlExit::Ok);
  EXPECT_EQ(run.err, "/p/90-deny.tml: warning: does not count (if it is to count: mv)\n");
  EXPECT_EQ(document({"reload"}).at("uncounted").at(0), file);
}

TEST_F(CtlTest, SaysThatNoGatewayRuns) {
  for (const auto& command : std::vector<std::vector<std::string>>{{"status"},
                                                                   {"reload"},
                                                                   {"sessions", "list"},
                                                                   {"sessions", "end", "1"},
                                                                   {"denials", "show", "K7Q2-9XPD"},
                                                                   {"explain-code", "K7Q2-9XPD"},
                                                                   {"flows"},
                                                                   {"trace", "--device", "x"}}) {
    const auto run = ctl(command);
    EXPECT_EQ(run.code, CtlExit::NotRunning) << run.out << run.err;
    EXPECT_NE(run.err.find("no gateway is running"), std::string::npos) << run.err;
  }
  const auto json = ctl({"status", "--json"});
  EXPECT_EQ(json.code, CtlExit::NotRunning);
  EXPECT_EQ(json.json().at("ok"), false);
  EXPECT_EQ(json.err, "");
}

TEST_F(CtlTest, ShowsHowTheGatewayIs) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) { return status_answer(); }};
  EXPECT_EQ(document({"status"}), status_answer()) << "the gateway's answer, unchanged";
  const auto text = ctl({"status"}).out;
  EXPECT_NE(text.find("vpn.example.com has been running for 1 h 1 min"), std::string::npos) << text;
  EXPECT_NE(text.find("sessions   3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("policy     4f2a, 1 rule\n"), std::string::npos) << text;
  EXPECT_NE(text.find("list 7, due 2999-01-01"), std::string::npos) << text;
  EXPECT_NE(text.find("dropped    no_flow 5\n"), std::string::npos) << text;
}

TEST_F(CtlTest, WarnsOfAnEmptyPolicyAndOfDeadTrust) {
  auto answer = status_answer();
  answer["policy"]["empty"] = true;
  answer["trust"]["problem"] = "the list expired";
  const FakeGateway gateway{path("run/gateway.sock"), [answer](const Json&) { return answer; }};
  const auto text = ctl({"status"}).out;
  EXPECT_NE(text.find("nobody reaches anything"), std::string::npos) << text;
  EXPECT_NE(text.find("every device is refused: the list expired"), std::string::npos) << text;
}

TEST_F(CtlTest, WarnsOfAClockThatIsBehindWhatTheGatewaySaw) {
  auto answer = status_answer();
  answer["clock"] = {{"behind_seconds", 3600}, {"alarm", false}};
  const FakeGateway gateway{path("run/gateway.sock"), [&answer](const Json&) { return answer; }};
  EXPECT_EQ(ctl({"status"}).out.find("clock"), std::string::npos);
  answer["clock"]["alarm"] = true;
  const auto text = ctl({"status"}).out;
  EXPECT_NE(text.find("clock      1 h 0 min behind what was seen before"), std::string::npos) << text;
  EXPECT_NE(text.find("sallyportctl clock accept"), std::string::npos) << text;
}

TEST_F(CtlTest, AcceptsAClockThatWasLaterBefore) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) {
                        return Json{{"v", 1}, {"ok", true}, {"was_behind_seconds", 7200}};
                      }};
  const auto run = ctl({"clock", "accept"});
  EXPECT_EQ(run.code, CtlExit::Ok);
  EXPECT_NE(run.out.find("2 h 0 min behind"), std::string::npos) << run.out;
  EXPECT_EQ(gateway.requests().at(0).at("do"), "clock.accept");
}

TEST_F(CtlTest, SurvivesAnAnswerOfAnotherShape) {
  const FakeGateway gateway{path("run/gateway.sock"), [](const Json&) {
                              return Json{{"v", 1}, {"ok", true}, {"sessions", {1, "x", nullptr}}, {"policy", 3}};
                            }};
  EXPECT_EQ(ctl({"status"}).code, CtlExit::Ok);
  EXPECT_EQ(ctl({"sessions", "list"}).code, CtlExit::Ok);
  EXPECT_EQ(ctl({"reload"}).code, CtlExit::Ok);
}

TEST_F(CtlTest, ListsSessions) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) { return session_answer(); }};
  EXPECT_EQ(document({"sessions", "list"}).at("sessions").at(0).at("session"), 17);
  now_ = *parse_utc("2026-01-01T02:05:00Z");
  const auto text = ctl({"sessions", "list"}).out;
  EXPECT_EQ(
      text,
      "SESSION  DEVICE      USER             FROM          ADDRESSES  FOR        ENDS  IN      OUT    FLOWS  DENIED\n"
      "17       ana-laptop  ana@example.com  198.51.100.7  10.99.0.2  2 h 5 min  -     1.5 kB  12 MB  4      1\n");
}

TEST_F(CtlTest, EndsASessionByItsNumber) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json&) { return Json{{"v", 1}, {"ok", true}, {"ended", 1}}; }};
  EXPECT_EQ(ctl({"sessions", "end", "17"}).out, "Session 17 is ended; sessions ended: 1\n");
  EXPECT_EQ(gateway.requests().at(0), (Json{{"v", 1}, {"do", "sessions.end"}, {"session", 17}}));
  EXPECT_EQ(ctl({"sessions", "end", "ana"}).code, CtlExit::Usage);
}

TEST_F(CtlTest, ShowsWhereTheFilesAreWrongWhenAReloadIsRefused) {
  const FakeGateway gateway{
      path("run/gateway.sock"), [](const Json&) {
        const Json diagnostic{{"file", "/p/10.toml"},
                              {"line", 4},
                              {"column", 7},
                              {"message", "unknown key \"whoo\""},
                              {"hint", "did you mean \"who\"?"}};
        return Json{
            {"v", 1}, {"ok", false}, {"error", "the new files are wrong"}, {"hint", ""}, {"diagnostics", {diagnostic}}};
      }};
  const auto run = ctl({"reload"});
  EXPECT_EQ(run.code, CtlExit::Failed);
  EXPECT_EQ(run.err,
            "/p/10.toml:4:7: error: unknown key \"whoo\" (did you mean \"who\"?)\n"
            "sallyportctl: the new files are wrong\n");
  EXPECT_EQ(ctl({"reload", "--json"}).json().at("diagnostics").at(0).at("line"), 4);
}

TEST_F(CtlTest, ShowsWhatARefusalCodeStandsFor) {
  FakeGateway gateway{path("run/gateway.sock"), [](const Json& request) {
                        return Json{{"v", 1},
                                    {"ok", true},
                                    {"code", request.at("code")},
                                    {"user", "ana@example.com"},
                                    {"device", "ana-laptop"},
                                    {"destination", "10.0.0.1:22/tcp"},
                                    {"reason", "no_rule"},
                                    {"rule", nullptr},
                                    {"time", "2026-01-01T00:00:00Z"}};
                      }};
  const auto text = ctl({"denials", "show", "K7Q2-9XPD"}).out;
  EXPECT_NE(text.find("K7Q2-9XPD was told to ana@example.com on ana-laptop at 2026-01-01T00:00:00Z"), std::string::npos)
      << text;
  EXPECT_NE(text.find("policy explain --as ana@example.com --device ana-laptop --to 10.0.0.1:22/tcp"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace sallyport
