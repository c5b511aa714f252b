// How packets are cut into records and reads says nothing about them: verdicts are the same however they arrive.

#include "common/wire/datagram.hpp"
#include "common/wire/super_datagram.hpp"
#include "server/policy/loader.hpp"
#include "server/session/session.hpp"
#include "tests/support/super_packets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

namespace sallyport {
namespace {

using namespace test;

constexpr std::uint32_t kSeed = 4711;
constexpr std::string_view kRequest =
    "GET /.well-known/masque/ip/%2A/%2A/ HTTP/1.1\r\nHost: vpn.example.com\r\nConnection: Upgrade\r\n"
    "Upgrade: connect-ip\r\nCapsule-Protocol: ?1\r\nSallyport-Extensions: gso\r\n\r\n";

std::shared_ptr<const Policy> policy() {
  const auto loaded = load_policy_texts({{"p.toml", R"(
version = 1
[resources]
web = { net = ["10.20.4.10", "fd00:20::10"], ports = ["443/tcp", "53/udp", "icmp"] }
lab = { net = "10.30.0.0/16", ports = "any" }
[allow.ana]
who = "ana@example.com"
to  = ["web", "lab"]
[deny.host]
who = "everyone"
to  = "closed"
[resources.closed]
net = "10.30.0.7"
ports = "any"
)"}});
  EXPECT_TRUE(loaded.has_value()) << (loaded ? std::string{} : to_string(loaded.error()));
  return loaded ? loaded->policy : Policy::deny_all();
}

/// Everything a laptop may send: flows that go on, refused ones, pieces in and out of order, forged sources, rubbish.
std::vector<ByteBuffer> random_packets(std::mt19937& random) {
  constexpr std::array<std::string_view, 4> kHosts{"10.20.4.10", "10.30.0.1", "10.30.0.7", "10.66.0.1"};
  std::vector<ByteBuffer> packets;
  while (packets.size() < 600) {
    const auto host = kHosts[random() % kHosts.size()];
    const auto port = static_cast<std::uint16_t>(1 + random() % 40);
    const auto whole = packet("10.99.0.2", host, udp(port, random() % 2 == 0 ? 53 : 54, 192));
    switch (random() % 8) {
      case 0:
        packets.push_back(packet("10.99.0.2", host, tcp(port, 443, kSyn)));
        break;
      case 1:
        packets.push_back(packet("10.99.0.3", host, tcp(port, 443, kSyn)));
        break;
      case 2:
        packets.push_back(packet("fd12::2", "fd00:20::10", echo(58, false, port)));
        break;
      case 3:
        packets.push_back(ByteBuffer(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(random() % 40)));
        break;
      case 4:
        packets.push_back(fragment(whole, port, 0, 80, true));
        break;
      case 5:
        packets.push_back(fragment(whole, port, 80, 120, false));
        break;
      default:
        packets.push_back(whole);
    }
  }
  return packets;
}

struct Outcome {
  std::vector<ByteBuffer> passed;
  FilterStats stats;
  bool operator==(const Outcome&) const = default;
};

class SessionGrouping : public testing::Test {
 protected:
  /// What becomes of the stream when it is read in portions that end at `cuts`.
  Outcome read_in_portions(const std::vector<std::size_t>& cuts) const { return read_in_portions(stream_, cuts); }

  Outcome read_in_portions(Bytes stream, const std::vector<std::size_t>& cuts) const {
    Session session{grant_, policy_, now_};
    ByteBuffer out;
    session.receive(as_bytes(kRequest));
    EXPECT_FALSE(session.next_packet(now_, out).has_value());
    EXPECT_TRUE(session.is_online());
    Outcome outcome;
    std::size_t from = 0;
    for (const auto to : cuts) {
      session.receive(stream.subspan(from, to - from));
      while (const auto passed = session.next_packet(now_, out)) keep(outcome.passed, *passed);
      from = to;
    }
    outcome.stats = session.filter().stats();
    EXPECT_FALSE(session.has_ended());
    return outcome;
  }

  /// As the kernel would hand it on: of a super-packet the segments.
  static void keep(std::vector<ByteBuffer>& packets, const SuperPacket& passed) {
    const OwnSuperPacket own{{passed.bytes.begin(), passed.bytes.end()}, passed.segmentation};
    if (passed.is_plain()) return packets.push_back(own.bytes);
    for (auto& each : segments_of(own)) packets.push_back(std::move(each));
  }

  SessionGrouping() {
    for (const auto& each : random_packets(random_)) {
      append_datagram(stream_, each);
      ends_.push_back(stream_.size());
    }
  }

  std::mt19937 random_{kSeed};
  const Now now_{TimePoint{std::chrono::hours{1}}, parse_utc("2026-11-25T11:00:00Z").value()};
  const std::shared_ptr<const Policy> policy_ = policy();
  const SessionGrant grant_{.id = SessionId{1},
                            .device = DeviceId{"laptop"},
                            .user = UserId{"ana@example.com"},
                            .serial = "01",
                            .certificate_expires = kNever,
                            .source = address("198.51.100.7"),
                            .addresses = {address("10.99.0.2"), address("fd12::2")}};
  ByteBuffer stream_;
  std::vector<std::size_t> ends_;  ///< of each capsule in the stream
};

TEST_F(SessionGrouping, VerdictsAreTheSameOneByOneAndAllTogether) {
  const auto one_by_one = read_in_portions(ends_);
  EXPECT_GT(one_by_one.passed.size(), 100U);
  EXPECT_LT(one_by_one.passed.size(), ends_.size() - 100);
  EXPECT_EQ(read_in_portions({stream_.size()}), one_by_one);
  for (int round = 0; round < 30; ++round) {
    // Portions that end anywhere, in the middle of capsules too.
    std::vector<std::size_t> cuts{stream_.size()};
    for (std::size_t i = 0, n = random_() % 200; i < n; ++i) cuts.push_back(random_() % stream_.size());
    std::sort(cuts.begin(), cuts.end());
    ASSERT_EQ(read_in_portions(cuts), one_by_one) << "round " << round << ", seed " << kSeed;
  }
}

TEST_F(SessionGrouping, VerdictsAreTheSameForSuperPacketsAndForTheirSegments) {
  constexpr std::array<std::string_view, 4> kHosts{"10.20.4.10", "10.30.0.1", "10.30.0.7", "10.66.0.1"};
  ByteBuffer whole;
  ByteBuffer cut;
  for (int i = 0; i < 300; ++i) {
    const auto host = kHosts[random_() % kHosts.size()];
    const auto port = static_cast<std::uint16_t>(1 + random_() % 10);
    const auto from = random_() % 10 == 0 ? "10.99.0.3" : "10.99.0.2";
    const std::size_t size = 536 + random_() % 900;
    const std::size_t payload = size + 1 + random_() % 20000;
    const auto super = random_() % 2 == 0 ? super_udp(from, host, port, 53, payload, size, random_)
                                          : super_tcp(from, host, port, 443, payload, size, random_);
    append_super_datagram(whole, super.view());
    for (const auto& each : segments_of(super)) append_datagram(cut, each);
  }
  auto supers = read_in_portions(whole, {whole.size()});
  auto segments = read_in_portions(cut, {cut.size()});
  EXPECT_GT(supers.passed.size(), 200U);
  EXPECT_EQ(supers.passed, segments.passed);
  EXPECT_EQ(supers.stats.passed_from_client, segments.stats.passed_from_client);
  EXPECT_GT(supers.stats.dropped(DropReason::ForeignSource), 0U);
  EXPECT_EQ(supers.stats.dropped(DropReason::ForeignSource), segments.stats.dropped(DropReason::ForeignSource));
  for (int round = 0; round < 10; ++round) {
    std::vector<std::size_t> cuts{whole.size()};
    for (std::size_t i = 0, n = random_() % 100; i < n; ++i) cuts.push_back(random_() % whole.size());
    std::sort(cuts.begin(), cuts.end());
    ASSERT_EQ(read_in_portions(whole, cuts), supers) << "round " << round << ", seed " << kSeed;
  }
}

}  // namespace
}  // namespace sallyport
