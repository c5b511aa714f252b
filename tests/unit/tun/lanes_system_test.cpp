#include "common/ip/packet.hpp"
#include "tests/support/packets.hpp"
#include "tun/lanes.hpp"
#include "tun/network_config.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <string>

namespace sallyport {
namespace {

constexpr std::uint16_t kBulk = 5000;
constexpr std::uint16_t kSparse = 5001;

/// Runs in a network namespace of its own: programs send by UDP to 10.99.0.7, and we are the other end.
class TunLanesTest : public testing::Test {
 protected:
  void open(const std::string& name = "test%d") {
    lanes_.emplace(TunLanes::open(name, {.offload = true}).value());
    const std::string interface = name == "test%d" ? "test0" : name;
    ASSERT_TRUE(network_.set_up(interface).has_value());
    ASSERT_TRUE(network_.add_address(interface, {IpAddress::parse("10.99.0.1").value(), 24}).has_value());
  }
  void send(std::uint16_t port, std::size_t octets) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    ::inet_pton(AF_INET, "10.99.0.7", &to.sin_addr);
    const std::vector<char> payload(octets, 'x');
    ASSERT_EQ(::sendto(socket_.get(), payload.data(), octets, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
              static_cast<ssize_t>(octets));
  }
  /// The destination port of the next UDP packet; nullopt: there is none. The kernel's own packets are passed over.
  std::optional<std::uint16_t> read() {
    while (true) {
      const auto packet = lanes_->read(scratch_, now_);
      EXPECT_TRUE(packet.has_value());
      if (!packet || packet->bytes.empty()) return std::nullopt;
      const auto view = PacketView::parse(packet->bytes);
      if (!view || !view->is_v4() || !view->is_udp()) continue;
      last_.assign(packet->bytes.begin(), packet->bytes.end());
      return view->destination_port();
    }
  }
  /// To the packet that was read last.
  void answer() {
    ByteBuffer back = last_;
    std::swap_ranges(back.begin() + 12, back.begin() + 16, back.begin() + 16);
    std::swap_ranges(back.begin() + 20, back.begin() + 22, back.begin() + 22);
    lanes_->write(SuperPacket{back}, {}, now_);
    lanes_->flush();
    EXPECT_EQ(lanes_->take_lost(), 0U);
  }
  /// A packet of each flow there and back, so that the kernel knows where they belong.
  void begin_both() {
    for (const auto& [port, octets] : {std::pair{kBulk, std::size_t{1400}}, std::pair{kSparse, std::size_t{60}}}) {
      send(port, octets);
      ASSERT_EQ(read(), port);
      answer();
    }
    ASSERT_EQ(read(), std::nullopt);
  }

  NetworkConfig network_ = NetworkConfig::open().value();
  FileDescriptor socket_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  std::optional<TunLanes> lanes_;
  ByteBuffer scratch_ = ByteBuffer(kTunScratch);
  ByteBuffer last_;
  TimePoint now_{std::chrono::hours{1}};
};

TEST_F(TunLanesTest, LetASparseFlowOvertakeWhatABulkOneHasInTheKernelsQueue) {
  open();
  ASSERT_TRUE(lanes_->has_express());
  begin_both();
  for (int i = 0; i < 40; ++i) send(kBulk, 1400);
  send(kSparse, 60);
  EXPECT_EQ(read(), kSparse);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(read(), kBulk);
  EXPECT_EQ(read(), std::nullopt);
}

TEST_F(TunLanesTest, LetASparseFlowOvertakeInTheMiddleOfBulk) {
  open();
  begin_both();
  for (int i = 0; i < 40; ++i) send(kBulk, 1400);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(read(), kBulk);
  send(kSparse, 60);
  int before = 0;
  while (read() == kBulk) ++before;
  EXPECT_LE(before, 12) << "16 KiB";
}

TEST_F(TunLanesTest, KeepBulkWaitingForABoundedNumberOfSmallPackets) {
  open();
  begin_both();
  for (int i = 0; i < 200; ++i) send(kSparse, 60);
  send(kBulk, 1400);
  int before = 0;
  while (read() == kSparse) ++before;
  EXPECT_LE(before, 32);
}

TEST_F(TunLanesTest, KeepBulkWaitingForABoundedNumberOfOctets) {
  open();
  begin_both();
  // Nothing answers them, so the kernel leaves them where the small ones were.
  for (int i = 0; i < 60; ++i) send(kSparse, 1400);
  send(kBulk, 1400);
  int before = 0;
  while (read() == kSparse) ++before;
  EXPECT_LE(before, 24) << "32 KiB";
}

TEST_F(TunLanesTest, GiveEachFlowsPacketsInTheirOrderWhenItBecomesBulk) {
  open();
  begin_both();
  for (unsigned round = 0; round < 20; ++round) {
    const std::size_t octets = round % 2 == 0 ? 1400 : 60;
    for (std::size_t i = 0; i < 10; ++i) send(kSparse, octets + i);
    for (std::size_t i = 0; i < 10; ++i) {
      ASSERT_EQ(read(), kSparse);
      EXPECT_EQ(last_.size(), 28 + octets + i);
    }
    answer();
  }
}

/// Of TCP, to a program at our end of the interface that is not there: it counts what comes in all the same.
ByteBuffer acknowledgement(std::uint32_t number) {
  return test::packet("10.99.0.7", "10.99.0.1", test::tcp(kBulk, kSparse, test::kAck, 0, 1000, number));
}

TEST_F(TunLanesTest, GiveTheLastOfAcknowledgementsThatComeTogether) {
  open();
  // The interfaces of this namespace, whichever /sys is mounted: octets and packets that came from them.
  const auto given = [] {
    std::ifstream table{"/proc/net/dev"};
    std::string word;
    std::uint64_t packets = 0;
    while (table >> word && word != "test0:") continue;
    table >> word >> packets;
    return packets;
  };
  const std::uint64_t before = given();
  for (std::uint32_t i = 0; i < 20; ++i) lanes_->write(SuperPacket{acknowledgement(1400 * i)}, {}, now_);
  lanes_->flush();
  EXPECT_EQ(given(), before + 1);
  for (std::uint32_t i = 20; i < 23; ++i) {
    lanes_->write(SuperPacket{acknowledgement(1400 * i)}, {}, now_);
    lanes_->flush();
  }
  EXPECT_EQ(given(), before + 4) << "nothing is kept for the next turn";
  for (int i = 0; i < 3; ++i) lanes_->write(SuperPacket{acknowledgement(1400 * 23)}, {}, now_);
  lanes_->flush();
  EXPECT_EQ(given(), before + 7);
  EXPECT_EQ(lanes_->take_lost(), 0U);
}

TEST_F(TunLanesTest, UseTheOneQueueOfAnInterfaceThatAnAdministratorMadeSo) {
  { const auto old = TunDevice::open("old", {.persist = true, .offload = true}).value(); }
  open("old");
  EXPECT_FALSE(lanes_->has_express());
  EXPECT_EQ(lanes_->descriptors().size(), 1U);
  begin_both();
  send(kBulk, 1400);
  send(kSparse, 60);
  EXPECT_EQ(read(), kBulk);
  EXPECT_EQ(read(), kSparse);
  lanes_.reset();
  EXPECT_TRUE(network_.delete_link("old").has_value());
}

TEST_F(TunLanesTest, SayWhatIsWrongWithTheName) {
  const auto lanes = TunLanes::open("a/b", {});
  ASSERT_FALSE(lanes.has_value());
  EXPECT_NE(lanes.error().message.find("cannot name an interface"), std::string::npos);
}

}  // namespace
}  // namespace sallyport
