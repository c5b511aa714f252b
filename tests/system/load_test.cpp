#include "tests/system/support/fixture.hpp"
#include "tests/system/support/sanitized.hpp"

#include <sched.h>

#include <algorithm>
#include <sstream>
#include <thread>
#include <vector>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

/// Descriptors and memory under load, and the door under attack.
class Load : public OwnLab {
 protected:
  long resident_kib() {
    std::istringstream status{lab_file("/status")};
    for (std::string line; std::getline(status, line);) {
      if (line.rfind("VmRSS:", 0) == 0) return std::stol(line.substr(6));
    }
    return 0;
  }
  std::size_t descriptors() {
    const auto ran =
        lab().run_at(Place::Gateway, {"ls", "/proc/" + std::to_string(lab().pid_of("sallyport-gateway")) + "/fd"});
    return static_cast<std::size_t>(std::count(ran.output.begin(), ran.output.end(), '\n'));
  }
  /// The gateway has one processor from now on, which others want as well for twelve seconds.
  std::vector<Background> crowd_the_gateway() {
    cpu_set_t usable;
    EXPECT_EQ(::sched_getaffinity(0, sizeof usable, &usable), 0);
    int first = 0;
    while (!CPU_ISSET(first, &usable)) ++first;
    const Words here{"taskset", "--cpu-list", "--all-tasks", "--pid", std::to_string(first)};
    auto all = here;
    all.push_back(std::to_string(lab().pid_of("sallyport-gateway")));
    EXPECT_TRUE(lab().run_at(Place::Gateway, all).ok());
    std::vector<Background> crowd;
    for (int i = 0; i < 4; ++i) {
      crowd.push_back(
          lab().start_at(Place::Gateway,
                         {"taskset", "--cpu-list", std::to_string(first), "python3", "-c",
                          "import time\nuntil = time.monotonic() + 12\nwhile time.monotonic() < until: pass"},
                         "crowd" + std::to_string(i)));
    }
    return crowd;
  }
  Background reconnects(const std::string& count) {
    return Background{lab().tool_command("hostile_device.py", {"reconnect", count}), lab().path("log/reconnect.log")};
  }

 private:
  std::string lab_file(const std::string& name) {
    return lab()
        .run_at(Place::Gateway, {"cat", "/proc/" + std::to_string(lab().pid_of("sallyport-gateway")) + name})
        .output;
  }
};

TEST_F(Load, DescriptorsAndMemoryComeBackAfterAHundredReconnectsWithTraffic) {
  const auto warm = reconnects("20").wait(Seconds{30});
  ASSERT_EQ(warm, 0);
  ASSERT_EQ(lab().fetch("10.20.4.10:8080", "/blob/5000000").exit_code, 0);
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
  const auto memory = resident_kib();
  const auto files = descriptors();
  auto running = reconnects("100");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(lab().fetch("10.20.4.10:8080", "/blob/5000000").exit_code, 0);
  ASSERT_EQ(running.wait(Seconds{60}), 0) << running.output();
  EXPECT_EQ(running.last_line()["served"], 100);
  EXPECT_TRUE(eventually([&] { return descriptors() <= files; }))
      << descriptors() << " descriptors, " << files << " before";
  std::cout << "resident " << memory << " -> " << resident_kib() << " KiB, descriptors " << files << " -> "
            << descriptors() << '\n';
  if (!kKeepsFreedMemory) {
    EXPECT_LE(static_cast<double>(resident_kib()), static_cast<double>(memory) * 1.05);
  }
  EXPECT_EQ(lab().audit_count("session.open"), lab().audit_count("session.close") + 1);
}

TEST_F(Load, TwoThousandHalfOpenConnectionsCostLittleAndKeepNobodyOut) {
  // The attacker sits on the internet; the good device is another source.
  const auto memory = resident_kib();
  auto attack =
      lab().start_at(Place::Internet, Lab::script("half_open.py", {"203.0.113.2:443", "2000", "8"}), "half-open");
  ASSERT_TRUE(eventually([&] { return attack.output().find("open") != std::string::npos; }));
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
  std::vector<double> took;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(lab().client({"down"}).ok());
    const auto from = std::chrono::steady_clock::now();
    EXPECT_TRUE(lab().client({"up"}).ok());
    EXPECT_TRUE(lab().wait_online());
    took.push_back(Seconds{std::chrono::steady_clock::now() - from}.count());
    EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
  }
  const auto grown = resident_kib() - memory;
  const auto slowest = *std::max_element(took.begin(), took.end());
  std::cout << "under attack: " << grown << " KiB more, a good client online within " << slowest << " s\n";
  if (!kKeepsFreedMemory) {
    EXPECT_LT(grown, 32 * 1024);
  }
  EXPECT_LT(slowest, 1.0);
  ASSERT_EQ(attack.wait(Seconds{15}), 0);
  std::cout << attack.last_line() << '\n';
}

TEST_F(Load, AFloodOfHandshakesLeavesTheTunnelAlone) {
  const auto fetch = [&] { return lab().fetch("10.20.4.10:8080", "/blob/20000000"); };
  const auto quiet = fetch();
  const std::string flood =
      "import socket, time\nuntil = time.monotonic() + 3\nn = 0\nwhile time.monotonic() < until:\n"
      "  s = socket.socket(); s.setblocking(False)\n  try: s.connect(('203.0.113.2', 443))\n"
      "  except BlockingIOError: pass\n  time.sleep(0.0005)\n  try: s.send(b'\\x16\\x03\\x01\\x00\\x04abcd')\n"
      "  except OSError: pass\n  s.close(); n += 1\nprint(n)\n";
  auto attack = lab().start_at(Place::Internet, {"python3", "-c", flood}, "flood");
  std::this_thread::sleep_for(std::chrono::milliseconds{200});
  const auto flooded = fetch();
  EXPECT_EQ(flooded.exit_code, 0);
  EXPECT_EQ(attack.wait(Seconds{10}), 0) << attack.output();
  std::cout << "20 MB: " << quiet.seconds << " s quiet, " << flooded.seconds << " s under " << attack.output()
            << " connections\n";
  EXPECT_TRUE(lab().is_online());
  EXPECT_TRUE(eventually([&] { return lab().audit_count("handshake.refused") > 0; }));
  EXPECT_LT(lab().audit().size(), 1000U) << "a flood does not fill the disk with records";
}

TEST_F(Load, LiveSessionsComeBeforeStrangersWhileTheyWaitForAProcessor) {
  const auto crowd = crowd_the_gateway();
  const auto traffic = lab().start_at(
      Place::Laptop,
      {"timeout", "9", "sh", "-c", "while :; do curl -sS -o /dev/null http://10.20.4.10:8080/blob/20000000; done"},
      "traffic");
  const std::string strangers =
      "import socket, time\nuntil = time.monotonic() + 8\nwhile time.monotonic() < until:\n"
      "  s = socket.create_connection(('203.0.113.2', 443))\n  s.send(b'\\x16\\x03\\x01\\x00\\x04abcd')\n"
      "  time.sleep(0.05)\n  s.close()\n";
  const auto flood = lab().start_at(Place::Internet, {"python3", "-c", strangers}, "strangers");
  EXPECT_TRUE(eventually([&] { return lab().audit_count("handshake.refused", "sessions_first") > 0; }, Seconds{8}));
  const auto status = lab().ctl({"--json", "status"}).last_line();
  EXPECT_GT(status["handshakes_refused"].value("sessions_first", 0), 0) << status["handshakes_refused"];
  ASSERT_TRUE(lab().client({"down"}).ok());
  EXPECT_TRUE(lab().client({"up"}).ok()) << "the laptop was here: it is no stranger";
  EXPECT_TRUE(lab().wait_online());
  EXPECT_EQ(lab().fetch(lab().env("LAB_ALLOWED")).exit_code, 0);
}

}  // namespace
}  // namespace sallyport::lab
