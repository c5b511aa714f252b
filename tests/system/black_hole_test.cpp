#include "tests/system/support/fixture.hpp"

#include <chrono>
#include <thread>

namespace sallyport::lab {
namespace {

using Place = Lab::Place;

/// E-20: a way that swallows packets above 1,300 octets without a word. Nothing is set in the kernels for it.
class BlackHole : public OwnLab {
 protected:
  [[nodiscard]] bool client_up() const override { return false; }

  void SetUp() override {
    OwnLab::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    // What the rule counts is what would be on a wire: no packet is cut behind it.
    for (const Place place : {Place::Laptop, Place::Gateway}) {
      const auto cut = lab().run_at(place, {"ip", "link", "set", "wan", "gso_max_segs", "1"});
      ASSERT_TRUE(cut.ok()) << cut.text();
    }
    nft({"add", "table", "inet", "hole"});
    nft({"add", "chain", "inet", "hole", "way", "{ type filter hook forward priority 0 ; }"});
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
  json survive(const std::string& script, const Words& from) {
    connect();
    EXPECT_FALSE(status().contains("segment_limit"));
    auto transfer =
        lab().start_at(Place::Laptop, Lab::script(script, {lab().env("LAB_ALLOWED"), "20000000", "8"}), "transfer");
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

}  // namespace
}  // namespace sallyport::lab
