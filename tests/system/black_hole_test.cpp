#include "tests/system/support/certificates.hpp"

#include <chrono>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

/// E-20: a way that swallows packets above 1,300 octets without a word. Nothing is set in the kernels for it.
class BlackHole : public CertificateLab {
 protected:
  void SetUp() override {
    CertificateLab::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    // What the rule counts is what would be on a wire: no packet is cut behind it.
    for (const Place place : {Place::Laptop, Place::Gateway}) {
      const auto cut = lab().run_at(place, {"ip", "link", "set", "wan", "gso_max_segs", "1"});
      ASSERT_TRUE(cut.ok()) << cut.text();
    }
    nft({"add", "table", "inet", "hole"});
    nft({"add", "chain", "inet", "hole", "way", "{ type filter hook forward priority 0 ; }"});
  }

  /// So long each way, as long as what is returned lives: few kernels can do that, so a program between two devices
  /// does.
  Background lengthen(int milliseconds) {
    constexpr const char* kScript =
        "set -e; for device in up dn; do ip tuntap add dev $device mode tun; ip link set dev $device up; done\n"
        "for filter in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$filter; done\n"
        "ip rule add iif lap lookup 101; ip route add default dev up table 101\n"
        "ip rule add iif gwy lookup 102; ip route add default dev dn table 102\n";
    const auto laid = lab().run_at(Place::Internet, {"sh", "-c", kScript});
    EXPECT_TRUE(laid.ok()) << laid.text();
    const auto delay = std::to_string(milliseconds);
    auto way = lab().start_at(Place::Internet,
                              {Lab::build_root() + "/tests/bench/link_emulator", "up", "dn", "delay", delay}, "way");
    EXPECT_TRUE(eventually([&] { return way.output().find("ready") != std::string::npos; })) << way.output();
    return way;
  }

  /// `from`: the side of the internet that large packets do not come from; empty: neither.
  void dig(const Words& from = {}) {
    Words rule{"add", "rule", "inet", "hole", "way"};
    rule.insert(rule.end(), from.begin(), from.end());
    rule.insert(rule.end(), {"meta", "length", ">", "1300", "counter", "drop"});
    nft(rule);
  }
  [[nodiscard]] std::uint64_t swallowed() {
    std::uint64_t packets = 0;
    const auto listed = json::parse(lab().run_at(Place::Internet, {"nft", "-j", "list", "ruleset"}).output);
    for (const auto& object : listed["nftables"]) {
      if (!object.contains("rule")) continue;
      for (const auto& part : object["rule"]["expr"]) {
        if (part.contains("counter")) packets += part["counter"]["packets"].get<std::uint64_t>();
      }
    }
    return packets;
  }
  json status() { return lab().client({"--json", "status"}).last_line(); }

  /// The seconds that it took.
  double connect() {
    const auto from = std::chrono::steady_clock::now();
    const auto up = lab().client({"up", "office"}, Seconds{20});
    EXPECT_TRUE(up.ok()) << up.text();
    return Seconds{std::chrono::steady_clock::now() - from}.count();
  }

  void expect_transfers(std::size_t bytes) {
    for (const char* script : {"paced_download.py", "paced_upload.py"}) {
      const auto ran = lab().run_at(
          Place::Laptop, Lab::script(script, {lab().env("LAB_ALLOWED"), std::to_string(bytes), "1"}), Seconds{30});
      ASSERT_TRUE(ran.ok()) << script << ": " << ran.text();
      std::cout << script << ": " << ran.last_line() << '\n';
      EXPECT_EQ(ran.last_line()["sha256"], ran.last_line()["expected"]) << script;
    }
  }

  /// A transfer is under way when the hole opens, and ends well.
  json survive(const std::string& script, const Words& from, const std::string& bytes = "20000000") {
    connect();
    EXPECT_FALSE(status().contains("segment_limit"));
    auto transfer =
        lab().start_at(Place::Laptop, Lab::script(script, {lab().env("LAB_ALLOWED"), bytes, "8"}), "transfer");
    EXPECT_TRUE(eventually([&] { return transfer.output().find("first") != std::string::npos; }));
    std::this_thread::sleep_for(std::chrono::seconds{1});
    dig(from);
    EXPECT_EQ(transfer.wait(Seconds{25}), 0) << transfer.output();
    const auto result = transfer.last_line();
    std::cout << script << ": " << result << '\n';
    EXPECT_EQ(result["sha256"], result["expected"]);
    EXPECT_GE(swallowed(), 1U);
    EXPECT_EQ(status().value("segment_limit", 0), 1200);
    return result;
  }

  void nft(Words words) {
    words.insert(words.begin(), "nft");
    const auto ran = lab().run_at(Place::Internet, words);
    ASSERT_TRUE(ran.ok()) << ran.text();
  }
};

TEST_F(BlackHole, IsNoticedAtTheHandshakeAndPassedWithSmallerSegments) {
  dig();
  const double took = connect();
  std::cout << "connected within " << took << " s\n";
  EXPECT_LE(took, 3.0);
  EXPECT_GE(swallowed(), 1U) << "or there was no hole";
  EXPECT_EQ(status().value("segment_limit", 0), 1200);
  EXPECT_NE(lab().client({"status"}).output.find("large packets may not pass"), std::string::npos)
      << "the person is told";
  expect_transfers(20'000'000);
  const auto before = swallowed();
  ASSERT_TRUE(lab().client({"down"}).ok());
  EXPECT_LE(connect(), 1.0) << "and remembered";
  EXPECT_EQ(swallowed(), before);
}

TEST_F(BlackHole, DoesNotKeepALaptopFromItsFirstCertificate) {
  open_door("");
  for (const Words& side : {Words{}, Words{"iifname", "gwy"}}) {
    nft({"flush", "chain", "inet", "hole", "way"});
    const auto token = make_token();
    dig(side);
    const auto from = std::chrono::steady_clock::now();
    const auto enrolled = enroll(token);
    const double took = Seconds{std::chrono::steady_clock::now() - from}.count();
    ASSERT_TRUE(enrolled.ok()) << enrolled.text();
    std::cout << "enrolled within " << took << " s\n";
    EXPECT_LE(took, 4.0);
    EXPECT_GE(swallowed(), 1U) << "or there was no hole";
    EXPECT_EQ(lab().audit_count("enrolment.refused"), 0U) << "the token was shown once";
  }
}

TEST_F(BlackHole, OnTheWayToTheLaptopAloneIsNoticedToo) {
  dig({"iifname", "gwy"});
  const double took = connect();
  std::cout << "connected within " << took << " s\n";
  EXPECT_LE(took, 3.0);
  EXPECT_EQ(status().value("segment_limit", 0), 1200);
}

TEST_F(BlackHole, WhichOpensUnderADownloadHoldsItUpForFourSeconds) {
  EXPECT_LE(survive("paced_download.py", {}).value("gap_max_ms", 1e9), 4000.0);
}

TEST_F(BlackHole, WhichOpensUnderAnUploadHoldsItUpForFourSeconds) {
  EXPECT_LE(survive("paced_upload.py", {}).value("longest_ms", 1e9), 4000.0);
}

/// What the office repeats waits at the gateway, and goes by the other connection as soon as that is there. If it were
/// lost with the first one, the flow might have to wait for the next try, which comes twice as late as the one before.
TEST_F(BlackHole, OnALongWayHoldsADownloadUpNoLongerThanTheOtherConnectionTakes) {
  const auto way = lengthen(100);
  EXPECT_LE(survive("paced_download.py", {}, "2000000").value("gap_max_ms", 1e9), 5000.0);
  EXPECT_GE(lab().ctl({"--json", "status"}).last_line()["queue"].value("held", 0), 1);
}

TEST_F(BlackHole, OnALongWayHoldsAnUploadUpForFiveSeconds) {
  const auto way = lengthen(100);
  EXPECT_LE(survive("paced_upload.py", {}, "2000000").value("longest_ms", 1e9), 5000.0);
  EXPECT_GE(status()["queue"].value("held", 0), 1);
}

TEST_F(BlackHole, WhereThereIsNoneNothingIsLimited) {
  EXPECT_LE(connect(), 1.0);
  EXPECT_FALSE(status().contains("segment_limit"));
  expect_transfers(20'000'000);
  EXPECT_EQ(status()["traffic"].value("reconnects", 9), 0);
}

/// As of a phone's radio: for a moment nothing passes at all.
TEST_F(BlackHole, ThatSwallowsEverythingForAMomentIsAPauseAndMakesNoOtherSession) {
  connect();
  auto transfer = lab().start_at(
      Place::Laptop, Lab::script("paced_download.py", {lab().env("LAB_ALLOWED"), "20000000", "14"}), "transfer");
  EXPECT_TRUE(eventually([&] { return transfer.output().find("first") != std::string::npos; }));
  for (const int milliseconds : {600, 1000, 1400, 2600}) {
    std::this_thread::sleep_for(std::chrono::seconds{1});
    nft({"add", "rule", "inet", "hole", "way", "counter", "drop"});
    std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
    nft({"flush", "chain", "inet", "hole", "way"});
  }
  EXPECT_EQ(transfer.wait(Seconds{25}), 0) << transfer.output();
  std::cout << "pauses of 0.6 to 2.6 s: " << transfer.last_line() << '\n';
  EXPECT_EQ(transfer.last_line()["sha256"], transfer.last_line()["expected"]);
  EXPECT_FALSE(status().contains("segment_limit")) << status();
  EXPECT_EQ(status()["switches"].value("done", 9), 0) << status();
  EXPECT_EQ(status()["traffic"].value("reconnects", 9), 0);
}

/// The gateway's word is the first thing that comes: that is a pause too, though the session changes for another
/// reason.
TEST_F(BlackHole, IsNotRememberedWhereAPauseEndsWithTheGatewaysWishToMove) {
  connect();
  nft({"add", "rule", "inet", "hole", "way", "counter", "drop"});
  // Something that is missed.
  (void)lab().run_at(Place::Laptop, {"ping", "-c", "1", "-W", "1", "10.20.4.10"});
  ASSERT_TRUE(eventually([&] { return lab().read("log/sallyportd.log").find("tunnel.stalled") != std::string::npos; }));
  ASSERT_TRUE(lab().ctl({"drain", "--over", "8s"}).ok());
  std::this_thread::sleep_for(std::chrono::milliseconds{300});
  nft({"flush", "chain", "inet", "hole", "way"});
  ASSERT_TRUE(eventually([&] { return status()["switches"].value("done", 0) == 1; }, Seconds{8})) << status();
  ASSERT_TRUE(lab().client({"down"}).ok());
  connect();
  EXPECT_FALSE(status().contains("segment_limit")) << status();
}

}  // namespace
}  // namespace sallyport::lab
