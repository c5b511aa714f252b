#include "tests/system/support/fixture.hpp"

#include <signal.h>

#include <algorithm>
#include <optional>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

/// Every round trip that ping told of, in ms, in order of size.
std::vector<double> round_trips(const std::string& output) {
  std::vector<double> times;
  for (auto at = output.find("time="); at != std::string::npos; at = output.find("time=", at + 1)) {
    times.push_back(std::stod(output.substr(at + 5)));
  }
  std::sort(times.begin(), times.end());
  return times;
}

/// A laptop behind a slow line, and a second device that is not.
class Queue : public OwnLab {
 protected:
  [[nodiscard]] bool client_up() const override { return false; }

  void SetUp() override {
    OwnLab::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    tool_.emplace(lab().start_at(Place::Internet, {daemon(), "--config", lab().path("tool/client.toml")}, "tool"));
    ASSERT_TRUE(eventually([&] { return tool({"status"}).output.find("Not connected") != std::string::npos; }));
  }

  static std::string daemon() { return Lab::build_root() + "/client/daemon/sallyportd"; }
  Ran tool(const Words& words) {
    Words all{Lab::build_root() + "/client/cli/sallyport", "--socket", lab().path("tool/run/client.sock")};
    all.insert(all.end(), words.begin(), words.end());
    return lab().run_at(Place::Internet, all, Seconds{15});
  }
  /// What the laptop sends and gets goes through an emulated line from now on.
  void slow_the_line(const std::string& megabits, const std::string& delay = "20", const std::string& queue = "200") {
    int table = 101;
    for (const auto& [device, side] : {std::pair{"emuup", "lap"}, std::pair{"emudown", "gwy"}}) {
      const auto number = std::to_string(table++);
      internet({"ip", "tuntap", "add", "dev", device, "mode", "tun"});
      internet({"ip", "link", "set", device, "txqueuelen", "20000", "up"});
      internet({"ip", "route", "add", "default", "dev", device, "table", number});
      internet({"ip", "rule", "add", "iif", side, "lookup", number});
      internet({"sh", "-c", std::string{"echo 0 >/proc/sys/net/ipv4/conf/"} + device + "/rp_filter"});
    }
    internet({"sh", "-c", "echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter"});
    // What is for this place itself is not sent on.
    internet({"ip", "rule", "add", "pref", "1", "lookup", "local"});
    line_.emplace(lab().start_at(Place::Internet,
                                 {Lab::build_root() + "/tests/bench/link_emulator", "emuup", "emudown", "delay", delay,
                                  "rate", megabits, "queue", queue},
                                 "line"));
    ASSERT_TRUE(eventually([&] { return line_->output().find("ready") != std::string::npos; }));
  }
  Background download(const std::string& octets) {
    return lab().start_at(
        Place::Laptop, {"curl", "-sS", "-o", "/dev/null", "--max-time", "20", "http://10.20.4.10:8080/blob/" + octets},
        "download");
  }
  json session_of(const std::string& user) {
    const auto answer = lab().ctl({"--json", "sessions", "list"}).last_line();
    for (const auto& each : answer.value("sessions", json::array())) {
      if (each.value("user", "") == user) return each;
    }
    return {};
  }

 private:
  void internet(const Words& words) {
    const auto ran = lab().run_at(Place::Internet, words);
    EXPECT_TRUE(ran.ok()) << ran.text();
  }
  std::optional<Background> tool_;
  std::optional<Background> line_;
};

TEST_F(Queue, LeavesOthersAloneWhenOneDownloadsMoreThanItsLineTakes) {
  slow_the_line("20");
  ASSERT_TRUE(lab().client({"up"}).ok());
  ASSERT_TRUE(lab().wait_online());
  ASSERT_TRUE(tool({"up"}).ok());
  // Where the system's default is BBR, it fills no queue by itself.
  const auto loss_based =
      lab().run_at(Place::Office, {"sh", "-c", "echo reno >/proc/sys/net/ipv4/tcp_congestion_control"});
  ASSERT_TRUE(loss_based.ok()) << loss_based.text();
  auto greedy = download("100000000");
  std::this_thread::sleep_for(std::chrono::milliseconds{1500});

  const Words ping{"ping", "-n", "-i", "0.02", "-c", "100", "-W", "1", "10.20.4.10"};
  auto own = lab().start_at(Place::Laptop, ping, "own-ping");
  const auto other = round_trips(lab().run_at(Place::Internet, ping).output);
  ASSERT_TRUE(own.wait(Seconds{10}));
  const auto same = round_trips(own.output());
  ASSERT_GE(other.size(), 95U);
  ASSERT_GE(same.size(), 90U);
  std::cout << "round trips beside a full line: the other session " << other[other.size() / 2] << " ms, the same one "
            << same[same.size() / 2] << " ms (idle: 40)\n";
  EXPECT_LT(other[other.size() / 2], 15);
  // BBR's own is 80 to 105; a line of packets as long as the queue may be would take 100 ms more.
  EXPECT_LT(same[same.size() / 2], 130);

  const auto started = std::chrono::steady_clock::now();
  const auto got = lab().run_at(
      Place::Internet, {"curl", "-sS", "-o", "/dev/null", "--max-time", "10", "http://10.20.4.10:8080/blob/20000000"},
      Seconds{12});
  EXPECT_TRUE(got.ok()) << got.text();
  // Of its own, faster line.
  EXPECT_LT(Seconds{std::chrono::steady_clock::now() - started}.count(), 4);

  const auto session = session_of("ana@example.com");
  ASSERT_TRUE(session.contains("queue")) << session;
  EXPECT_GT(session["queue"]["queued"], 0) << session;
  EXPECT_GT(session["queue"]["dropped_codel"].get<int>() + session["queue"]["dropped_limit"].get<int>(), 0) << session;
  const auto status = lab().ctl({"--json", "status"}).last_line();
  EXPECT_GE(status["queue"]["queued"], session["queue"]["queued"]);
  greedy.signal(SIGTERM);
}

TEST_F(Queue, UsesBbrOnALongPathWhateverTheSystemsDefaultIs) {
  slow_the_line("20");
  for (const auto place : {Place::Laptop, Place::Gateway}) {
    const auto set = lab().run_at(place, {"sh", "-c", "echo reno >/proc/sys/net/ipv4/tcp_congestion_control"});
    ASSERT_TRUE(set.ok()) << set.text();
  }
  const auto has =
      lab().run_at(Place::Gateway, {"grep", "-wq", "bbr", "/proc/sys/net/ipv4/tcp_available_congestion_control"});
  if (!has.ok()) GTEST_SKIP() << "this kernel has no BBR";
  ASSERT_TRUE(lab().client({"up"}).ok());
  ASSERT_TRUE(lab().wait_online());
  EXPECT_EQ(lab().client({"--json", "status"}).last_line().value("congestion", ""), "bbr");
  EXPECT_EQ(session_of("ana@example.com").value("congestion", ""), "bbr");
  const auto sockets = lab().run_at(Place::Gateway, {"ss", "-tin", "sport", "=", ":443"});
  if (sockets.ok()) {
    EXPECT_NE(sockets.output.find(" bbr "), std::string::npos) << sockets.output;
  }
}

TEST_F(Queue, SetsNoTimersForPacingWhereTheOtherEndIsNear) {
  for (const auto place : {Place::Laptop, Place::Gateway}) {
    const auto has =
        lab().run_at(place, {"grep", "-wq", "cubic", "/proc/sys/net/ipv4/tcp_available_congestion_control"});
    if (!has.ok()) GTEST_SKIP() << "this kernel has no CUBIC";
    // A socket that was paced once would go on with it.
    (void)lab().run_at(place, {"sh", "-c", "echo bbr >/proc/sys/net/ipv4/tcp_congestion_control"});
  }
  // A busy machine may answer the first segment after a millisecond, and then it is no near one.
  std::string both;
  for (int tries = 0; tries < 4 && both != "cubic cubic"; ++tries) {
    ASSERT_TRUE(lab().client({"up"}).ok());
    ASSERT_TRUE(lab().wait_online());
    ASSERT_TRUE(download("20000000").wait(Seconds{20}));
    both = lab().client({"--json", "status"}).last_line().value("congestion", "") + ' ' +
           session_of("ana@example.com").value("congestion", "");
    ASSERT_TRUE(lab().client({"down"}).ok());
  }
  EXPECT_EQ(both, "cubic cubic");
}

TEST_F(Queue, DoesNotStandOnANearNarrowLineThatDropsNothing) {
  slow_the_line("20", "0", "5000");
  const auto begun =
      lab().run_at(Place::Gateway, {"sh", "-c", "cd /proc/sys/net/ipv4; grep -w bbr $PWD/tcp_av* | grep -qw cubic"});
  if (!begun.ok()) GTEST_SKIP() << "this kernel has not both, BBR and CUBIC";
  ASSERT_TRUE(lab().client({"up"}).ok());
  ASSERT_TRUE(lab().wait_online());
  (void)lab().run_at(Place::Office, {"sh", "-c", "echo reno >/proc/sys/net/ipv4/tcp_congestion_control"});
  // Of so many that the line's queue is the connection's own.
  constexpr const char* kDownloads =
      "for i in 1 2 3 4 5 6 7 8; do"
      " curl -sS -o /dev/null --max-time 9 http://10.20.4.10:8080/blob/100000000 & done; wait";
  auto greedy = lab().start_at(Place::Laptop, {"sh", "-c", kDownloads}, "downloads");
  EXPECT_TRUE(eventually([&] { return session_of("ana@example.com").value("congestion", "") == "bbr"; }, Seconds{8}));
  std::this_thread::sleep_for(std::chrono::milliseconds{1000});
  const auto beside = round_trips(
      lab().run_at(Place::Laptop, {"ping", "-n", "-i", "0.02", "-c", "50", "-W", "1", "10.20.4.10"}).output);
  greedy.signal(SIGTERM);
  ASSERT_GE(beside.size(), 45U);
  std::cout << "round trips beside a download on a near line: " << beside[beside.size() / 2] << " ms\n";
  // CUBIC's is 280 by then; 5,000 packets would be 3,000.
  EXPECT_LT(beside[beside.size() / 2], 120);
}

TEST_F(Queue, FallsBackToTheSystemsCongestionControlAndSaysSoOnce) {
  lab().write("etc/gateway.toml", "congestion = \"no-such-thing\"\n" + lab().read("etc/gateway.toml"));
  ASSERT_TRUE(lab().stop("sallyport-gateway").ok());
  ASSERT_TRUE(lab().start("sallyport-gateway").ok());
  ASSERT_TRUE(lab().client({"up"}).ok());
  ASSERT_TRUE(lab().wait_online());
  const auto usual = lab().run_at(Place::Gateway, {"cat", "/proc/sys/net/ipv4/tcp_congestion_control"}).output;
  EXPECT_EQ(session_of("ana@example.com").value("congestion", "") + '\n', usual);
  const auto log = lab().read("log/sallyport-gateway.log");
  const auto told = log.find("no-such-thing");
  ASSERT_NE(told, std::string::npos) << log;
  EXPECT_EQ(log.find("no-such-thing", log.find('\n', told)), std::string::npos) << log;
}

TEST_F(Queue, TooLongPacketsAreAnsweredOnBothSides) {
  for (const auto place : {Place::Gateway, Place::Office}) {
    ASSERT_TRUE(lab().run_at(place, {"ip", "link", "set", "lan", "mtu", "9000"}).ok());
  }
  ASSERT_TRUE(lab().client({"up"}).ok());
  ASSERT_TRUE(lab().wait_online());
  const auto down =
      lab().run_at(Place::Office, {"ping", "-c", "1", "-W", "2", "-M", "do", "-s", "2000", lab().inside_address(4)});
  EXPECT_NE(down.text().find("Frag needed and DF set (mtu = 1500)"), std::string::npos) << down.text();
  const auto down6 = lab().run_at(
      Place::Office, {"ping", "-6", "-c", "1", "-W", "2", "-M", "do", "-s", "2000", lab().inside_address(6)});
  EXPECT_NE(down6.text().find("Packet too big: mtu=1500"), std::string::npos) << down6.text();
  for (const auto* host : {"10.20.4.10", "fd00:20::4:10"}) {
    const auto up = lab().run_at(Place::Laptop, {"ping", "-c", "1", "-W", "2", "-M", "do", "-s", "2000", host});
    EXPECT_NE(up.text().find("mtu"), std::string::npos) << up.text();
    EXPECT_FALSE(up.ok());
  }
}

}  // namespace
}  // namespace sallyport::lab
