#include "tests/system/support/fixture.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;
using std::chrono::milliseconds;

/// Sessions that follow each other while traffic goes on.
class Rotation : public OwnLab {
 protected:
  void limit_sessions(const std::string& settings) {
    auto text = lab().read("etc/gateway.toml");
    text = text.substr(0, text.find("[sessions]"));
    lab().write("etc/gateway.toml", text + "[sessions]\n" + settings);
    const auto reloaded = lab().ctl({"reload"});
    ASSERT_TRUE(reloaded.ok()) << reloaded.text();
  }
  json status() { return lab().client({"--json", "status"}).last_line(); }

  /// A further device of that person: "CERT:KEY" for moving_client.py.
  std::string enrol(const std::string& id, const std::string& user) {
    const auto key = lab().path(id + ".key");
    const auto certificate = lab().path(id + ".pem");
    EXPECT_TRUE(run({"openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-subj", "/CN=any", "-keyout", key, "-out", lab().path(id + ".csr")})
                    .ok());
    const auto enrolled = lab().ctl(
        {"devices", "enroll", "--user", user, "--id", id, "--csr", lab().path(id + ".csr"), "--out", certificate});
    EXPECT_TRUE(enrolled.ok()) << enrolled.text();
    return certificate + ":" + key;
  }
};

TEST_F(Rotation, ADownloadOf100MegabytesGoesThroughTwentySessionsOverOneConnection) {
  constexpr std::size_t kBytes = 100'000'000;
  limit_sessions("lifetime = \"2s\"\n");
  const auto before = lab().audit_count("session.close", "superseded");
  Watch watch{lab()};
  auto download = lab().start_at(
      Place::Laptop, Lab::script("paced_download.py", {lab().env("LAB_ALLOWED"), std::to_string(kBytes), "40"}),
      "download");
  const auto code = download.wait(Seconds{100});
  ASSERT_EQ(code, 0) << download.output();
  const auto rotations = lab().audit_count("session.close", "superseded") - before;
  const auto result = download.last_line();
  std::cout << rotations << " rotations; " << result << '\n';
  EXPECT_GE(rotations, 20U);
  EXPECT_EQ(result.value("bytes", 0U), kBytes);
  EXPECT_EQ(result.value("sha256", ""), result.value("expected", "?"));
  EXPECT_LE(result.value("gap_p99_ms", 1e9), 1000.0);
  EXPECT_EQ(lab().audit_count("session.close", "lifetime_over"), 0U);
  EXPECT_EQ(lab().audit_count("session.flapping"), 0U) << "who is asked to move does not flap";
  EXPECT_EQ(status()["traffic"].value("reconnects", 9), 0) << "made before broken";
  SALLYPORT_EXPECT_CLEAN(watch.finish());
}

TEST_F(Rotation, AnUploadLosesNothingOnTheWayOfTheOldSession) {
  limit_sessions("lifetime = \"2s\"\n");
  // Numbered datagrams to a port where somebody counts them.
  const std::string policy = lab().read("etc/policy.d/10-lab.toml");
  lab().write("etc/policy.d/10-lab.toml", replaced(policy, "\"8080/tcp\"", "[\"8080/tcp\", \"7000/udp\"]"));
  ASSERT_TRUE(lab().ctl({"reload"}).ok());
  const std::string receiver =
      "import socket, json, time\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
      "s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)\ns.bind(('10.20.4.10', 7000))\ns.settimeout(20)\n"
      "print('ready', flush=True)\nseen = set()\ntry:\n  while True:\n    seen.add(int(s.recv(2000)[:8]))\n"
      "    s.settimeout(3)\nexcept socket.timeout: pass\nprint(json.dumps({'seen': len(seen)}), flush=True)\n";
  auto counter = lab().start_at(Place::Office, {"python3", "-c", receiver}, "counter");
  ASSERT_TRUE(eventually([&] { return counter.output().find("ready") != std::string::npos; }));
  ASSERT_TRUE(lab().wait_online());
  const auto before = lab().audit_count("session.close", "superseded");
  const std::string sender =
      "import socket, time\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.connect(('10.20.4.10', 7000))\n"
      "for i in range(10000):\n  s.send(b'%08d' % i + b'x' * 900)\n  time.sleep(0.001)\n";
  ASSERT_TRUE(lab().run_at(Place::Laptop, {"python3", "-c", sender}, Seconds{40}).ok());
  ASSERT_EQ(counter.wait(Seconds{30}), 0) << counter.output();
  const auto rotations = lab().audit_count("session.close", "superseded") - before;
  const auto seen = counter.last_line().value("seen", 0U);
  std::cout << rotations << " rotations, " << 10'000U - seen << " of 10000 datagrams lost\n";
  EXPECT_GE(rotations, 4U);
  EXPECT_GE(seen, 9'990U);
}

/// E-2, make before break: every client opens a new session, and nobody notices.
TEST_F(Rotation, DrainingMovesEveryClientWithoutAGapOrACrowd) {
  constexpr std::size_t kClients = 20;
  Words words{lab().env("LAB_GATEWAY_HOST") + ":" + lab().env("LAB_GATEWAY_PORT"), lab().env("LAB_GATEWAY_NAME"),
              lab().env("LAB_CA"), "10.20.4.10", "18"};
  for (std::size_t i = 0; i < kClients; ++i) words.push_back(enrol("mover-" + std::to_string(i), "ana@example.com"));
  auto clients = lab().start_at(Place::Internet, Lab::script("moving_client.py", words), "movers");
  ASSERT_TRUE(eventually([&] { return clients.output().find("ready") != std::string::npos; }, Seconds{15}))
      << clients.output();
  auto download =
      lab().start_at(Place::Laptop, Lab::script("download.py", {lab().env("LAB_ALLOWED"), "/stream", "2"}), "download");
  ASSERT_TRUE(eventually([&] { return download.output().find("first") != std::string::npos; }));
  const auto opens = lab().audit_count("session.open");
  const auto drained = lab().ctl({"drain", "--over", "10s", "--wait"}, Seconds{15});
  EXPECT_TRUE(drained.ok()) << drained.text();
  EXPECT_FALSE(lab().ctl({"--json", "status"}).last_line()["drain"].is_object());
  EXPECT_EQ(lab().audit_count("session.open") - opens, kClients + 1);
  EXPECT_EQ(lab().audit_count("session.close", "draining"), 0U);
  EXPECT_EQ(lab().audit_count("gateway.draining"), 1U);
  ASSERT_EQ(clients.wait(Seconds{25}), 0) << clients.output();
  const auto result = clients.last_line();
  std::cout << result << '\n';
  EXPECT_TRUE(result["failures"].empty());
  EXPECT_EQ(result.value("moves", 0U), kClients);
  EXPECT_LE(result["gaps_ms"].back().get<int>(), 1000);
  const auto handshakes = result["handshakes"].get<std::vector<double>>();
  for (std::size_t i = 0; i < handshakes.size(); ++i) {
    const auto end = std::upper_bound(handshakes.begin(), handshakes.end(), handshakes[i] + 0.99);
    EXPECT_LE((end - handshakes.begin()) - static_cast<std::ptrdiff_t>(i),
              static_cast<std::ptrdiff_t>(kClients / 5 + 1))
        << "in one second";
  }
  EXPECT_FALSE(download.wait(Seconds{0})) << "the laptop's download broke: " << download.output();
  EXPECT_EQ(status()["traffic"].value("reconnects", 9), 0);
}

TEST_F(Rotation, DrainAndStopLetsNobodyInAndClientsReturnAfterTheStart) {
  auto download =
      lab().start_at(Place::Laptop, Lab::script("download.py", {lab().env("LAB_ALLOWED"), "/stream", "8"}), "download");
  ASSERT_TRUE(eventually([&] { return download.output().find("first") != std::string::npos; }));
  const auto begun = lab().ctl({"drain", "--over", "8s", "--stop"});
  ASSERT_TRUE(begun.ok()) << begun.text();
  ASSERT_TRUE(lab().ctl({"drain", "--over", "8s", "--stop"}).ok()) << "it is asked to stop already";
  EXPECT_EQ(lab().audit_count("gateway.draining", "to stop, after the drain under way"), 1U)
      << "and who asked is known";
  EXPECT_NE(lab().ctl({"status"}).output.find("draining"), std::string::npos);
  EXPECT_FALSE(lab().tool("plain_client.py", {"ping", "10.20.4.10"}).ok()) << "nobody is let in";
  std::this_thread::sleep_for(milliseconds{2500});
  EXPECT_TRUE(lab().is_online()) << "it carries until the end, though there is nowhere to move to";
  EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
  ASSERT_TRUE(eventually([&] { return !lab().lives("sallyport-gateway"); }, Seconds{12}));
  EXPECT_EQ(lab().audit_count("session.open"), lab().audit_count("session.close"));
  const auto started = lab().start("sallyport-gateway");
  ASSERT_TRUE(started.ok()) << started.text();
  const auto from = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually([&] { return lab().fetch(lab().env("LAB_ALLOWED")).exit_code == 0; }, Seconds{10}));
  std::cout << "reachable " << Seconds{std::chrono::steady_clock::now() - from}.count()
            << " s after the gateway served again\n";
  EXPECT_FALSE(download.wait(Seconds{0})) << "the same connection goes on: " << download.output();
}

}  // namespace
}  // namespace sallyport::lab
