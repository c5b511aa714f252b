#include "tests/system/support/fixture.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

constexpr const char* kUrl = "http://127.0.0.1:9469/metrics";

/// A gateway that is scraped, and Prometheus's own library to read what it says.
class Metrics : public OwnLab {
 protected:
  void SetUp() override {
    OwnLab::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    lab().write("etc/gateway.toml",
                lab().read("etc/gateway.toml") + "[metrics]\nlisten = [\"127.0.0.1:9469\", \"[::1]:9469\"]\n");
    ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
    const auto started = lab().start("sallyport-gateway");
    ASSERT_TRUE(started.ok()) << started.text();
    ASSERT_TRUE(lab().wait_online(Seconds{20})) << lab().client({"status"}).text();
  }

  /// What is read of a page; the library is Debian's, for Debian's own Python.
  json read_page(const std::string& file) {
    const auto ran = run({"/usr/bin/python3", Lab::source_root() + "/tests/support/read_metrics.py", lab().path(file)});
    EXPECT_TRUE(ran.ok()) << ran.text();
    return ran.ok() ? ran.last_line()["samples"] : json::object();
  }
  json scrape(const std::string& url = kUrl) {
    const auto ran = lab().run_at(Place::Gateway, {"curl", "-sS", "-f", "--max-time", "5", "-o", lab().path("page"),
                                                   "-D", lab().path("head"), url});
    EXPECT_TRUE(ran.ok()) << ran.text();
    return ran.ok() ? read_page("page") : json::object();
  }
  /// One sample; -1: it is not there. A page is at most a second old.
  double sample(const std::string& name) { return scrape().value(name, -1.0); }
  bool comes_to(const std::string& name, double value) {
    return eventually([&] { return sample(name) == value; }, Seconds{5});
  }
  /// The status that a request gets, and how long that took.
  std::pair<std::string, double> status_of(const Words& more) {
    Words words{"curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "20"};
    words.insert(words.end(), more.begin(), more.end());
    const auto started = std::chrono::steady_clock::now();
    const auto ran = lab().run_at(Place::Gateway, words, Seconds{25});
    return {ran.output, Seconds{std::chrono::steady_clock::now() - started}.count()};
  }
};

TEST_F(Metrics, AreScrapedWhileADeviceIsOnlineAndSallyportctlSaysTheSame) {
  const auto before = sample(R"(sallyport_tunnel_packets_total{direction="in",worker="0"})");
  EXPECT_NE(lab().read("head").find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), std::string::npos);
  EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
  EXPECT_TRUE(eventually([&] {
    double packets = 0;
    const auto seen = scrape();
    for (const auto& [name, value] : seen.items()) {
      if (name.starts_with("sallyport_tunnel_packets_total{direction=\"in\"")) packets += value.get<double>();
    }
    return packets > before;
  }));
  const auto page = scrape("http://[::1]:9469/metrics");
  EXPECT_EQ(page.value("sallyport_up", 0), 1);
  EXPECT_EQ(page.value(R"(sallyport_sessions{state="online"})", 0), 1);
  EXPECT_GE(page.value("sallyport_sessions_opened_total", 0), 1);
  EXPECT_EQ(page.value("sallyport_policy_rules", 0), 1);
  EXPECT_EQ(page.value("sallyport_policy_tests", 0), 1);
  EXPECT_EQ(page.value("sallyport_audit_failing", 1), 0);
  EXPECT_GT(page.value("sallyport_gateway_certificate_not_after_seconds", 0.0), 1.7e9);
  const auto text = lab().read("page");
  for (const auto* secret : {"ana@", "ana-laptop", "example.com", "10.99.0", "10.20.", "198.51.100"})
    EXPECT_EQ(text.find(secret), std::string::npos) << secret << " stands on the page";

  const auto ran = lab().ctl({"metrics"});
  ASSERT_TRUE(ran.ok()) << ran.text();
  lab().write("typed", ran.output);
  const auto typed = read_page("typed");
  ASSERT_EQ(typed.size(), page.size());
  for (const auto& [name, value] : page.items()) {
    ASSERT_TRUE(typed.contains(name)) << name;
    const bool may_move = name.find("gather_seconds") != std::string::npos ||
                          name.find("_packets") != std::string::npos || name.find("_bytes") != std::string::npos ||
                          name.find("metrics_requests") != std::string::npos ||
                          name.find("_audit_") != std::string::npos || name.find("decisions") != std::string::npos;
    if (!may_move) {
      EXPECT_EQ(typed[name], value) << name;
    }
  }

  const auto file = lab().path("sallyport.prom");
  ASSERT_TRUE(lab().ctl({"metrics", "--output", file}).ok());
  EXPECT_EQ(read_page("sallyport.prom").size(), page.size());
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0644U) << "the collector is another user";
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  EXPECT_EQ(lab().ctl({"metrics", "--output", file}).exit_code, 3);
  EXPECT_EQ(read_page("sallyport.prom"), json::object({{"sallyport_up", 0.0}})) << "no figure of before stays there";
  ASSERT_TRUE(lab().start("sallyport-gateway").ok());
}

TEST_F(Metrics, ForetellWhatEndsAndShowHowFastARevocationCut) {
  EXPECT_EQ(sample(R"(sallyport_forecast_endings{kind="device",within="30d"})"), 0);
  const auto key = lab().path("soon");
  ASSERT_TRUE(run({"openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                   "/CN=soon", "-keyout", key + ".key", "-out", key + ".csr"})
                  .ok());
  const auto enrolled = lab().ctl({"devices", "enroll", "--user", "bo@example.com", "--id", "soon-laptop", "--days",
                                   "1", "--csr", key + ".csr", "--out", key + ".pem"});
  ASSERT_TRUE(enrolled.ok()) << enrolled.text();
  ASSERT_TRUE(lab().ctl({"reload"}).ok());
  EXPECT_TRUE(comes_to(R"(sallyport_forecast_endings{kind="device",within="7d"})", 1));
  const auto forecast = scrape();
  EXPECT_EQ(forecast.value(R"(sallyport_forecast_locked_out_devices{kind="device",within="7d"})", 0), 1);
  EXPECT_EQ(forecast.value(R"(sallyport_forecast_endings{kind="device",within="0s"})", 1), 0);
  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_NEAR(forecast.value(R"(sallyport_forecast_first_end_seconds{kind="device"})", 0.0), now + 86400, 120);

  const std::string effect = "sallyport_cut_effect_seconds";
  EXPECT_EQ(forecast.value(effect + R"(_count{cause="revoke"})", -1), 0);
  ASSERT_TRUE(lab().ctl({"devices", "revoke", lab().env("LAB_DEVICE")}).ok());
  EXPECT_TRUE(comes_to(effect + R"(_count{cause="revoke"})", 1));
  const auto page = scrape();
  EXPECT_EQ(page.value(effect + R"(_bucket{cause="revoke",le="1"})", 0), 1) << "within a second";
  EXPECT_EQ(page.value(R"(sallyport_cut_last_packet_seconds_count{cause="revoke"})", 0), 1);
  EXPECT_EQ(page.value(R"(sallyport_sessions_ended_total{reason="device_revoked"})", 0), 1);
  EXPECT_EQ(page.value(R"(sallyport_sessions{state="online"})", 1), 0);
  const auto status = lab().ctl({"--json", "status"}).last_line();
  EXPECT_EQ(status["cut"]["revoke"]["count"], 1) << "status says the same";
  (void)lab().client({"down"});
  (void)lab().client({"up"});
  EXPECT_TRUE(
      eventually([&] { return sample(R"(sallyport_handshakes_refused_total{reason="revoked"})") > 0; }, Seconds{15}))
      << "it tried again";
  const auto refused = lab().ctl({"--json", "status"}).last_line()["handshakes_refused"];
  EXPECT_GT(refused.value("revoked", 0), 0) << "status counts the same by the same reasons: " << refused;
}

TEST_F(Metrics, CountEveryRefusalAndKeepWhatWasCountedWhenASessionEnds) {
  const std::string refused = R"(sallyport_sessions_refused_total{reason="device_disabled"})";
  const std::string forbidden = R"(sallyport_packets_dropped_total{reason="forbidden"})";
  const auto before = scrape();
  EXPECT_EQ(before.value(refused, -1), 0) << "it is there before the first";
  EXPECT_EQ(before.value(forbidden, -1), 0);
  EXPECT_NE(lab().fetch(lab().env("LAB_FORBIDDEN")).exit_code, 0);
  EXPECT_TRUE(eventually([&] { return sample(forbidden) >= 1; }));
  EXPECT_GE(sample(R"(sallyport_flows_denied_total{reason="no_rule"})"), 1);
  const auto counted = sample(forbidden);
  ASSERT_TRUE(lab().client({"down"}).ok());
  EXPECT_TRUE(comes_to(R"(sallyport_sessions{state="online"})", 0));
  EXPECT_GE(sample(forbidden), counted) << "a counter never goes back";

  ASSERT_TRUE(lab().ctl({"devices", "disable", "tool-1"}).ok());
  (void)lab().tool("hostile_device.py", {"forbidden_port"});
  EXPECT_TRUE(comes_to(refused, 1));
  EXPECT_GE(sample(R"(sallyport_handshakes_completed_total{use="session"})"), 2);

  const auto config = lab().read("etc/gateway.toml");
  lab().write("etc/gateway.toml", replaced(config, "127.0.0.1:9469", "0.0.0.0:9469"));
  const auto reload = lab().ctl({"reload"});
  EXPECT_EQ(reload.exit_code, 1);
  EXPECT_NE(
      reload.text().find("etc/gateway.toml:10:10: error: 0.0.0.0:9469 is reached from other machines, and there is "
                         "no password"),
      std::string::npos)
      << reload.text();
  lab().write("etc/gateway.toml", config);
  const auto policy = lab().read("etc/policy.d/10-lab.toml");
  lab().write("etc/policy.d/10-lab.toml", policy + "[allow.nobody]\nwho = \"nobody\"\nto = \"nowhere\"\n");
  EXPECT_EQ(lab().ctl({"reload"}).exit_code, 1);
  EXPECT_TRUE(comes_to("sallyport_last_reload_refused", 1));
  EXPECT_EQ(sample(R"(sallyport_reloads_total{result="refused"})"), 1);
  lab().write("etc/policy.d/10-lab.toml", policy);
  EXPECT_TRUE(lab().ctl({"reload"}).ok());
  EXPECT_TRUE(comes_to("sallyport_last_reload_refused", 0));
}

TEST_F(Metrics, AreForThisMachineAndOneRequestAlone) {
  EXPECT_EQ(status_of({kUrl}).first, "200");
  EXPECT_EQ(status_of({"-d", "a=b", kUrl}).first, "405");
  EXPECT_EQ(status_of({"-X", "DELETE", kUrl}).first, "405");
  EXPECT_EQ(status_of({"http://127.0.0.1:9469/"}).first, "404");
  EXPECT_EQ(status_of({"-H", "X: " + std::string(5000, 'x'), kUrl}).first, "431");
  EXPECT_EQ(status_of({"-H", "Host: evil.example", kUrl}).first, "403") << "a web page that a browser was led to";
  EXPECT_EQ(status_of({"--http1.0", kUrl}).first, "505");

  // One who never comes to an end holds up nobody, and does not last.
  const auto slow = lab().start_at(
      Place::Gateway,
      {"python3", "-c",
       "import socket; s = socket.create_connection(('127.0.0.1', 9469)); s.sendall(b'GET /metrics HTTP/1.1\\r\\n'); "
       "print(s.recv(4096).decode(), flush=True)"},
      "slow");
  EXPECT_TRUE(eventually([&] { return status_of({kUrl}).first == "200"; }));
  EXPECT_LT(status_of({kUrl}).second, 1.5);
  EXPECT_TRUE(eventually([&] { return slow.output().find("408 Request Timeout") != std::string::npos; }, Seconds{10}))
      << slow.output();
  EXPECT_TRUE(comes_to(R"(sallyport_metrics_requests_total{result="timed_out"})", 1));
  EXPECT_EQ(sample(R"(sallyport_metrics_requests_total{result="not_get"})"), 2);
  EXPECT_EQ(sample(R"(sallyport_metrics_requests_total{result="foreign_host"})"), 1);

  for (const auto* from : {"203.0.113.2:9469", "10.20.0.1:9469"}) {
    const auto place = from[0] == '2' ? Place::Internet : Place::Office;
    const auto outside =
        lab().run_at(place, {"curl", "-sS", "--max-time", "3", std::string{"http://"} + from + "/metrics"});
    EXPECT_EQ(outside.exit_code, 7) << "nobody listens there: " << outside.text();
  }
  EXPECT_NE(lab().fetch("10.99.0.1:9469", "/metrics").exit_code, 0) << "nor for laptops";
}

}  // namespace
}  // namespace sallyport::lab
