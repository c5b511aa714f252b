#include "tests/system/support/fixture.hpp"

#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

/// What the office sends towards the laptop without having been asked.
class Unsolicited : public SharedLab<Unsolicited> {
 protected:
  /// Sends packets made by hand from the office. The script gets `address` and must set `made`.
  void send(const std::string& script) {
    const std::string program =
        "import sys; sys.path.insert(0, '" + Lab::source_root() + "/tests/support')\n" +
        "import packets, socket\nlaptop4, laptop6 = sys.argv[1:3]\n" + script +
        "\nfor packet in made:\n"
        "  six = packet[0] >> 4 == 6\n"
        "  s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_RAW, 255)\n"
        "  if six: s.setsockopt(41, 36, 1)\n"
        "  s.sendto(packet, (laptop6 if six else laptop4, 0))\n";
    const auto ran =
        lab().run_at(Place::Office, {"python3", "-c", program, lab().inside_address(4), lab().inside_address(6)});
    EXPECT_TRUE(ran.ok()) << ran.text();
    std::this_thread::sleep_for(std::chrono::milliseconds{500});
  }
};

TEST_F(Unsolicited, SynUdpAndEchoNeverArriveAtTheLaptop) {
  ASSERT_FALSE(lab().inside_address(4).empty());
  Watch watch{lab()};
  send(R"(
made = []
for here, there in (("10.20.4.10", laptop4), ("fd00:20::4:10", laptop6)):
    for port in (22, 80, 8080):
        made += [packets.tcp(here, there, 8080, port), packets.tcp(here, there, 50000, port, flags=packets.ACK),
                 packets.udp(here, there, 53, port)]
    made.append(packets.ping(here, there))
)");
  const auto seen = watch.finish();
  EXPECT_EQ(seen.to_laptop, 0U) << seen;
  SALLYPORT_EXPECT_CLEAN(seen);
}

TEST_F(Unsolicited, AnIcmpErrorAboutAFlowThatIsNotTheLaptopsNeverArrives) {
  Watch watch{lab()};
  send(R"(
made = []
for here, there, other in (("10.20.4.10", laptop4, "10.99.0.77"), ("fd00:20::4:10", laptop6, "fd12:3456:789a::77")):
    made.append(packets.unreachable(here, there, packets.tcp(there, here, 45000, 8080)))
    made.append(packets.unreachable(here, there, packets.udp(there, here, 45001, 53)))
    made.append(packets.unreachable(here, there, packets.tcp(other, here, 45002, 8080)))
    made.append(packets.unreachable(here, there, packets.ping(there, here)))
)");
  const auto seen = watch.finish();
  EXPECT_EQ(seen.to_laptop, 0U) << seen;
}

TEST_F(Unsolicited, PacketsOfALiveFlowFromAnotherPortOrHostNeverArrive) {
  auto download =
      lab().start_at(Place::Laptop, Lab::script("download.py", {lab().env("LAB_ALLOWED"), "/stream"}), "download");
  ASSERT_TRUE(eventually([&] { return download.output().find("first") != std::string::npos; })) << download.output();
  const auto sockets = lab().run_at(Place::Laptop, {"ss", "-Htn", "dst", "10.20.4.10"});
  const auto at = sockets.output.find(lab().inside_address(4) + ':');
  ASSERT_NE(at, std::string::npos) << sockets.text();
  const auto port = sockets.output.substr(at + lab().inside_address(4).size() + 1, 5);
  // Counted by what it would look like at the laptop: the stream itself goes on.
  lab().write("log/strangers.nft",
              "table inet strangers { counter strangers {}\nchain in { type filter hook prerouting priority -500;\n"
              "iifname \"sallyport\" tcp sport != 8080 counter name strangers\n"
              "iifname \"sallyport\" ip saddr != 10.20.4.10 counter name strangers\n}\n}\n");
  ASSERT_TRUE(lab().run_at(Place::Laptop, {"nft", "-f", lab().path("log/strangers.nft")}).ok());
  send("made = [packets.tcp('10.20.4.10', laptop4, 2222, " + port + ", flags=packets.ACK, payload=b'x')," +
       "packets.tcp('10.20.9.9', laptop4, 8080, " + port + ", flags=packets.ACK, payload=b'x')," +
       "packets.udp('10.20.4.10', laptop4, 2222, " + port + ")]");
  const auto counted = lab().run_at(Place::Laptop, {"nft", "list", "counter", "inet", "strangers", "strangers"});
  EXPECT_NE(counted.output.find("packets 0"), std::string::npos) << counted.text();
}

TEST_F(Unsolicited, APortUnreachableAboutTheLaptopsOwnFlowArrives) {
  // The policy allows no UDP here, so the flow is a ping to an address that the office refuses.
  ASSERT_TRUE(lab().run_at(Place::Office, {"nft", "add table inet refuse"}).ok());
  lab().write("log/refuse.nft",
              "table inet refuse { chain in { type filter hook input priority 0;\n"
              "ip daddr 10.20.4.10 icmp type echo-request reject with icmp type host-unreachable\n}\n}\n");
  ASSERT_TRUE(lab().run_at(Place::Office, {"nft", "-f", lab().path("log/refuse.nft")}).ok());
  const auto ran = lab().run_at(Place::Laptop, {"ping", "-c", "1", "-W", "2", "10.20.4.10"});
  EXPECT_NE(ran.output.find("Destination Host Unreachable"), std::string::npos) << ran.text();
  EXPECT_TRUE(lab().run_at(Place::Office, {"nft", "delete table inet refuse"}).ok());
}

}  // namespace
}  // namespace sallyport::lab
