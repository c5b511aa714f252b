#include "tests/system/support/fixture.hpp"

#include <algorithm>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

/// A gateway with the right certificate that wants a laptop to do nothing but handshakes.
class HostileGateway : public OwnLab {
 protected:
  static constexpr const char* kSeconds = "10";

  /// How many connections the laptop made in that time, and what its status says at the end of it.
  json insist(const std::string& mode) {
    EXPECT_TRUE(lab().stop("sallyport-gateway").ok());
    auto hostile =
        lab().start_at(Place::Gateway,
                       Lab::script("insistent_gateway.py", {"203.0.113.2:443", lab().path("state/gateway.pem"),
                                                            lab().path("state/gateway.key"), kSeconds, mode}),
                       "insistent-" + mode);
    EXPECT_TRUE(eventually([&] { return hostile.output().find("ready") != std::string::npos; })) << hostile.output();
    EXPECT_TRUE(eventually([&] { return hostile.output().find("served") != std::string::npos; }, Seconds{8}))
        << lab().client({"status"}).text();
    std::this_thread::sleep_for(Seconds{7});
    auto result = lab().client({"--json", "status"}).last_line();
    EXPECT_EQ(hostile.wait(Seconds{15}), 0) << hostile.output();
    result["connections"] = hostile.last_line().value("connections", 0);
    std::cout << mode << ": " << result["connections"] << " connections in " << kSeconds << " s; " << result["switches"]
              << '\n';
    return result;
  }
};

TEST_F(HostileGateway, ThatAsksForOneSessionAfterTheOtherWaitsEverLonger) {
  const auto result = insist("take");
  EXPECT_GE(result.value("connections", 0), 3) << "the first ones are followed";
  EXPECT_LE(result.value("connections", 0), 9);
  EXPECT_GE(result["switches"].value("held_back", 0), 2) << result;
}

TEST_F(HostileGateway, ThatRepeatsItselfAndRefusesTheNextSessionIsTriedEverMoreRarely) {
  const auto result = insist("refuse");
  EXPECT_LE(result.value("connections", 0), 16);
  EXPECT_EQ(result.value("state", ""), "online") << "the first session goes on";
}

TEST_F(HostileGateway, ThatEndsEachSessionAndWantsTheLaptopBackWaitsEverLonger) {
  const auto result = insist("ending");
  EXPECT_GE(result.value("connections", 0), 3) << "the first ones are followed";
  // The sum of the waits' lower bounds allows eleven.
  EXPECT_LE(result.value("connections", 0), 12);
}

TEST_F(HostileGateway, ThatCallsEachSessionIdleIsWokenByPacketsEverMoreRarely) {
  // Something always wants to go through the tunnel.
  const auto pings = lab().start_at(Place::Laptop, {"ping", "-n", "-i", "0.02", "-w", "20", "10.20.4.10"}, "pings");
  const auto result = insist("idle");
  EXPECT_GE(result.value("connections", 0), 3);
  EXPECT_LE(result.value("connections", 0), 13);
}

TEST_F(HostileGateway, ThatTalksWithoutEndFillsNoLogKeepsNoDiskBusyAndEndsNoConnectionOutside) {
  const std::string outside =
      "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(('', 45454))\n"
      "s.connect(('203.0.113.2', 45455))\nprint('ready', flush=True)\ns.settimeout(9)\n"
      "try: s.recv(1)\nexcept ConnectionRefusedError: print('refused')\nexcept socket.timeout: print('silence')\n";
  auto connection = lab().start_at(Place::Laptop, {"python3", "-c", outside}, "outside");
  ASSERT_TRUE(eventually([&] { return connection.output().find("ready") != std::string::npos; }));
  auto routes = lab().start_at(Place::Laptop, {"timeout", "9", "ip", "monitor", "route"}, "routes");
  const auto before = lab().read("log/sallyportd.log").size();
  const auto result = insist("gossip");
  EXPECT_EQ(result.value("state", ""), "online");
  const auto log = lab().read("log/sallyportd.log").substr(before);
  // It has said far more than ten thousand things that would each be a line.
  EXPECT_LE(std::count(log.begin(), log.end(), '\n'), 300);
  EXPECT_NE(log.find("gateway.wordy"), std::string::npos);
  (void)routes.wait(Seconds{15});
  const auto changes = routes.output();
  // Ten at once and one a second: of each a route that comes and one that goes.
  EXPECT_GE(std::count(changes.begin(), changes.end(), '\n'), 10) << changes;
  EXPECT_LE(std::count(changes.begin(), changes.end(), '\n'), 80) << changes;
  EXPECT_EQ(connection.wait(Seconds{15}), 0);
  EXPECT_NE(connection.output().find("silence"), std::string::npos) << connection.output();
}

}  // namespace
}  // namespace sallyport::lab
