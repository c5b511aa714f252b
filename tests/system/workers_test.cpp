#include "tests/system/support/fixture.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;
using std::chrono::milliseconds;

constexpr int kDevices = 40;

double unix_now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

/// A gateway with two workers and two handshake threads, forty devices, and an office that answers datagrams.
class Workers : public OwnLab {
 protected:
  [[nodiscard]] bool client_up() const override { return false; }

  void SetUp() override {
    OwnLab::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    lab().write("etc/gateway.toml", lab().read("etc/gateway.toml") +
                                        "[limits]\nhandshakes_per_second_per_source = 1000\nburst = 1000\n"
                                        "[threads]\nworkers = 2\nhandshakes = 2\n");
    allow("[\"7000/udp\", \"7001/udp\"]");
    ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
    const auto started = lab().start("sallyport-gateway");
    ASSERT_TRUE(started.ok()) << started.text();
    make_devices();
    echo_ = std::make_unique<Background>(
        lab().at(Place::Office, Lab::script("udp_echo.py", {lab().path("echo.journal"), "10.20.4.10:7000",
                                                            "10.20.4.10:7001", "10.20.9.9:7000"})),
        lab().path("log/echo.log"));
    ASSERT_TRUE(eventually([&] { return echo_->output().find("ready") != std::string::npos; })) << echo_->output();
  }

  /// Which ports of the office everybody reaches, once the gateway reads its files again.
  void allow(const std::string& ports) {
    lab().write("etc/policy.d/20-many.toml",
                "version = 1\n[resources]\nmany = { net = [\"10.20.4.10\", \"10.20.9.9\"], ports = " + ports +
                    " }\n[allow.many]\nwho = \"everyone\"\nto = \"many\"\n");
  }
  static std::string name_of(int number) { return "many-" + std::to_string(number); }

  /// Begins a scenario of many_devices.py; all are connected when this returns.
  std::unique_ptr<Background> begin(const std::string& scenario, const Words& more = {}) {
    Words words{lab().env("LAB_GATEWAY_HOST") + ":443",
                lab().env("LAB_GATEWAY_NAME"),
                lab().env("LAB_CA"),
                scenario,
                lab().directory(),
                std::to_string(kDevices)};
    words.insert(words.end(), more.begin(), more.end());
    auto running = std::make_unique<Background>(lab().at(Place::Internet, Lab::script("many_devices.py", words)),
                                                lab().path("log/" + scenario + ".log"));
    EXPECT_TRUE(eventually([&] { return running->output().find("ready") != std::string::npos; }, Seconds{40}))
        << running->output();
    return running;
  }
  json sessions() { return lab().ctl({"--json", "sessions", "list"}).last_line().value("sessions", json::array()); }
  json status() { return lab().ctl({"--json", "status"}).last_line(); }
  static std::uint64_t sum(const json& workers, const std::string& field) {
    std::uint64_t total = 0;
    for (const auto& worker : workers) total += worker.value(field, std::uint64_t{0});
    return total;
  }
  /// By device: where its newest session is.
  std::map<std::string, int> places() {
    std::map<std::string, int> found;
    for (const auto& session : sessions()) found[session.value("device", "")] = session.value("worker", -1);
    return found;
  }
  /// What came to the office: the words of each line.
  std::vector<Words> journal() {
    std::vector<Words> lines;
    std::istringstream text{lab().read("echo.journal")};
    for (std::string line; std::getline(text, line);) {
      std::istringstream words{line};
      lines.emplace_back(std::istream_iterator<std::string>{words}, std::istream_iterator<std::string>{});
    }
    return lines;
  }
  /// Datagrams of many_devices.py that were sent after `time` and still came.
  std::size_t came_after(double time, const std::string& port, const std::vector<int>& devices) {
    std::size_t count = 0;
    for (const auto& words : journal()) {
      if (words.size() != 6 || words[1] != port || words[3] != "now") continue;
      const bool is_theirs =
          devices.empty() || std::find(devices.begin(), devices.end(), std::stoi(words[4])) != devices.end();
      if (is_theirs && std::stod(words[5]) > time) ++count;
    }
    return count;
  }

 private:
  void make_devices() {
    const std::string program = "import sys; sys.path.insert(0, '" + Lab::source_root() +
                                "/tests/support')\nfrom forge_device import forge\nlab = sys.argv[1]\n"
                                "for i in range(int(sys.argv[2])):\n  name = f'many-{i}'\n"
                                "  forge(f'{lab}/state', name, f'user-{i}@example.com', f'{lab}/{name}.key', "
                                "f'{lab}/{name}.pem', 3600)\n";
    const auto made = run({"python3", "-c", program, lab().directory(), std::to_string(kDevices)}, Seconds{30});
    ASSERT_TRUE(made.ok()) << made.text();
  }
  std::unique_ptr<Background> echo_;
};

TEST_F(Workers, BringEveryAnswerToItsOwnerWhicheverQueueItCameThrough) {
  auto devices = begin("late");
  std::this_thread::sleep_for(milliseconds{2500});
  // All that is answered at once was; the late answers are still to come: nothing moves.
  const auto list = sessions();
  const auto quiet = status();
  std::map<int, std::uint64_t> on;
  std::map<int, std::uint64_t> packets;
  for (const auto& session : list) {
    ++on[session.value("worker", -1)];
    packets[session.value("worker", -1)] += session.value("packets_in", std::uint64_t{0});
  }
  EXPECT_EQ(on, (std::map<int, std::uint64_t>{{0, kDevices / 2}, {1, kDevices / 2}})) << list;
  ASSERT_EQ(quiet["workers"].size(), 2U) << quiet;
  EXPECT_EQ(quiet.value("handshake_threads", 0), 2);
  EXPECT_EQ(sum(quiet["workers"], "sessions"), quiet.value("sessions", std::uint64_t{0}));
  for (const auto& worker : quiet["workers"]) {
    EXPECT_EQ(worker.value("packets_in", std::uint64_t{0}), packets[worker.value("worker", -1)]) << worker;
  }
  ASSERT_EQ(devices->wait(Seconds{40}), 0) << devices->output();
  const auto result = devices->last_line();
  std::cout << result << '\n';
  EXPECT_GE(result.value("answered", 0), result.value("asked", 0) * 99 / 100);
  EXPECT_GE(result.value("late_answered", 0), result.value("late_asked", 1) * 99 / 100);
  EXPECT_EQ(result.value("disorder", -1), 0);
  for (const auto& words : journal()) EXPECT_NE(words.at(3), "forged") << words.at(4);
  json workers;
  EXPECT_TRUE(eventually([&] {
    workers = status()["workers"];
    return sum(workers, "taken") == sum(workers, "handed_over");
  }));
  std::cout << workers << '\n';
  EXPECT_GT(sum(workers, "handed_over"), 0U) << "the kernel had forgotten whose queue it was";
  for (const auto& worker : workers) EXPECT_EQ(worker["dropped"].value("handover_full", -1), 0) << worker;
}

TEST_F(Workers, TakeOverReloadAndRevokeUnderTrafficAsOne) {
  auto devices = begin("talk", {"11"});
  const auto before = places();
  std::this_thread::sleep_for(milliseconds{3000});
  allow("\"7000/udp\"");
  const auto reloaded = lab().ctl({"reload"});
  const auto reload_at = unix_now();
  ASSERT_TRUE(reloaded.ok()) << reloaded.text();
  std::this_thread::sleep_for(milliseconds{1000});
  std::vector<int> revoked;
  double revoked_at = 0;
  std::map<int, int> of_worker;
  for (int i = 0; i < kDevices && revoked.size() < 4; ++i) {
    if (++of_worker[before.at(name_of(i))] > 2) continue;
    const auto ran = lab().ctl({"devices", "revoke", name_of(i)});
    revoked_at = unix_now();
    ASSERT_TRUE(ran.ok()) << ran.text();
    revoked.push_back(i);
    EXPECT_EQ(came_after(revoked_at, "7000", {i}), 0U);
  }
  ASSERT_EQ(revoked.size(), 4U);
  const auto after = places();
  ASSERT_EQ(devices->wait(Seconds{40}), 0) << devices->output();
  const auto result = devices->last_line();
  std::cout << result << '\n';
  EXPECT_EQ(result["closed"].get<std::vector<int>>(), revoked);
  EXPECT_GE(result.value("moves", 0), kDevices - 4);
  EXPECT_GE(result.value("answered", 0), result.value("asked", 0) * 97 / 100);
  EXPECT_LT(*std::max_element(result["gaps_ms"].begin(), result["gaps_ms"].end()), 1500)
      << "nobody notices a take-over";
  EXPECT_EQ(came_after(reload_at, "7001", {}), 0U) << "the reload had returned";
  EXPECT_GT(came_after(0, "7001", {}), 0U);
  EXPECT_EQ(came_after(revoked_at, "7000", revoked), 0U) << "the revocation had returned";
  EXPECT_GT(came_after(revoked_at, "7000", {}), 0U) << "the others go on";
  for (const auto& [device, worker] : after) {
    EXPECT_TRUE(before.count(device) != 0 && before.at(device) == worker) << device << " has moved";
  }
  EXPECT_GE(lab().audit_count("session.close", "superseded"), static_cast<std::size_t>(kDevices - 4));
}

TEST_F(Workers, OneThatStandsStillEndsTheGatewayForItsManagerToStartAnew) {
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  auto gateway = lab().start_at(
      Place::Gateway,
      {Lab::build_root() + "/server/gateway/sallyport-gateway", "--config", lab().path("etc/gateway.toml")}, "own");
  ASSERT_TRUE(eventually([&] { return lab().ctl({"status"}).ok(); }, Seconds{10})) << gateway.output();
  const auto tasks = std::filesystem::path{"/proc"} / std::to_string(gateway.id()) / "task";
  pid_t worker = 0;
  for (const auto& task : std::filesystem::directory_iterator{tasks}) {
    std::string name;
    std::getline(std::ifstream{task.path() / "comm"}, name);
    if (name == "worker-1") worker = std::stoi(task.path().filename());
  }
  ASSERT_NE(worker, 0);
  if (::ptrace(PTRACE_SEIZE, worker, nullptr, nullptr) != 0) {
    gateway.signal(SIGTERM);
    GTEST_SKIP() << "no right to stop a thread here";
  }
  ASSERT_EQ(::ptrace(PTRACE_INTERRUPT, worker, nullptr, nullptr), 0);
  // Who stopped a thread has to collect it before the process is gone.
  EXPECT_TRUE(eventually(
      [worker] {
        int state = 0;
        return ::waitpid(worker, &state, __WALL | WNOHANG) == worker && (WIFEXITED(state) || WIFSIGNALED(state));
      },
      Seconds{20}));
  EXPECT_EQ(gateway.wait(Seconds{2}), 1) << gateway.output();
  EXPECT_NE(gateway.output().find("worker.stuck"), std::string::npos) << gateway.output();
  EXPECT_EQ(lab().audit_count("gateway.failed"), 1U);
  const auto started = lab().start("sallyport-gateway");
  EXPECT_TRUE(started.ok()) << started.text();
}

}  // namespace
}  // namespace sallyport::lab
