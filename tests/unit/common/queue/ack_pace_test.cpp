#include "common/queue/ack_pace.hpp"

#include "tests/support/packets.hpp"
#include "tests/support/super_packets.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport {
namespace {

using std::chrono::milliseconds;
using namespace test;

constexpr auto kGap = milliseconds{10};
/// Flags of ECN.
constexpr std::uint8_t kEcho = 0x40;
constexpr std::uint8_t kReduced = 0x80;

ByteBuffer sent_by(const Transport& transport, std::string_view to = "10.20.4.10") {
  return packet("10.99.0.2", to, transport);
}
ByteBuffer ack(std::uint32_t number, std::uint16_t port = 443) {
  return sent_by(tcp(40000, port, kAck, 0, 1000, number));
}
ByteBuffer ack_with_window(std::uint32_t number, std::uint16_t window) {
  auto transport = tcp(40000, 443, kAck, 0, 1000, number);
  put16(transport.bytes, 14, window);
  return sent_by(transport);
}
ByteBuffer ack_with_sack(std::uint32_t number) {
  auto transport = tcp(40000, 443, kAck, 0, 1000, number);
  append(transport.bytes, octets({1, 1, 5, 10, 0, 0, 1, 0, 0, 0, 2, 0}));
  transport.bytes[12] = std::byte{0x80};
  return sent_by(transport);
}

class AcknowledgementsApart : public testing::Test {
 protected:
  [[nodiscard]] bool goes_on(const ByteBuffer& packet, Duration gap = kGap) {
    return !pace_.hold(SuperPacket{packet}, gap, now_);
  }
  [[nodiscard]] ByteBuffer taken() {
    const Bytes due = pace_.take(kGap, now_);
    return {due.begin(), due.end()};
  }
  /// What goes on when `packet` comes, in its order.
  [[nodiscard]] std::vector<ByteBuffer> given(const SuperPacket& packet) {
    std::vector<ByteBuffer> all;
    if (pace_.hold(packet, kGap, now_)) return all;
    if (auto due = taken(); !due.empty()) all.push_back(std::move(due));
    all.emplace_back(packet.bytes.begin(), packet.bytes.end());
    return all;
  }
  using Packets = std::vector<ByteBuffer>;

  TimePoint now_{std::chrono::hours{1}};
  AckPace pace_;
};

TEST_F(AcknowledgementsApart, GoAtOnceWhereTheyComeAlone) {
  for (std::uint32_t i = 0; i < 5; ++i, now_ += kGap) EXPECT_TRUE(goes_on(ack(1000 * i)));
  EXPECT_EQ(pace_.due(), std::nullopt);
}

TEST_F(AcknowledgementsApart, WaitForThoseThatSayMoreUntilTheGapHasPassed) {
  const auto begun = now_;
  ASSERT_TRUE(goes_on(ack(0)));
  for (std::uint32_t i = 1; i < 10; ++i) {
    now_ += milliseconds{1};
    EXPECT_FALSE(goes_on(ack(1000 * i)));
    EXPECT_EQ(pace_.due(), begun + kGap);
    EXPECT_TRUE(taken().empty());
  }
  now_ = begun + kGap;
  EXPECT_EQ(taken(), ack(9000));
  EXPECT_TRUE(taken().empty());
  EXPECT_EQ(pace_.due(), std::nullopt);
  EXPECT_FALSE(goes_on(ack(10000))) << "the next gap";
  now_ += kGap;
  EXPECT_TRUE(goes_on(ack(11000))) << "and nobody took it meanwhile: this one says more";
  EXPECT_EQ(pace_.due(), std::nullopt);
}

TEST_F(AcknowledgementsApart, AreOvertakenByOtherFlowsAlone) {
  ASSERT_TRUE(goes_on(ack(0)));
  ASSERT_FALSE(goes_on(ack(1000)));
  for (const auto& other : {ack(2000, 444), sent_by(tcp(40001, 443, kAck, 100)),
                            sent_by(tcp(40000, 443, kAck, 0, 1000, 2000), "10.20.4.11"), sent_by(udp(40000, 443)),
                            packet("fd12::2", "fd00:20::10", tcp(40000, 443, kAck, 100)), octets({0x45, 0, 0})}) {
    EXPECT_EQ(given(other), Packets{other});
  }
  now_ += kGap;
  EXPECT_EQ(taken(), ack(1000));
  EXPECT_TRUE(goes_on(ack(3000, 444))) << "which may be the next that waits";
  EXPECT_FALSE(goes_on(ack(4000, 444)));
}

TEST_F(AcknowledgementsApart, GoBeforeWhateverElseOfTheirFlowComes) {
  auto other_class = ack(3000);
  other_class[1] = std::byte{0x20};
  put16(other_class, 10, 0);
  put16(other_class, 10, naive_checksum({other_class.begin(), other_class.begin() + 20}));
  const Packets others{ack(1000),
                       ack(500),
                       other_class,
                       ack_with_sack(1000),
                       ack_with_sack(3000),
                       sent_by(tcp(40000, 443, kAck, 100, 1000, 3000)),
                       sent_by(tcp(40000, 443, kAck, 100, 900, 3000)),
                       sent_by(tcp(40000, 443, kAck | kFin, 0, 1000, 3000)),
                       sent_by(tcp(40000, 443, kRst, 0, 1000, 0)),
                       sent_by(tcp(40000, 443, kAck | kEcho, 0, 1000, 3000)),
                       sent_by(tcp(40000, 443, kAck | kReduced, 0, 1000, 3000))};
  for (std::size_t i = 0; i < others.size(); ++i, now_ += kGap) {
    SCOPED_TRACE(i);
    pace_ = {};
    ASSERT_TRUE(goes_on(ack(0)));
    ASSERT_FALSE(goes_on(ack(1000)));
    EXPECT_EQ(given(others[i]), (Packets{ack(1000), others[i]}));
    EXPECT_EQ(pace_.due(), std::nullopt);
  }
}

TEST_F(AcknowledgementsApart, GoBeforeASuperPacketOfTheirFlow) {
  std::mt19937 random{1};
  const auto super = super_tcp("10.99.0.2", "10.20.4.10", 40000, 443, 5000, 1000, random);
  ASSERT_TRUE(goes_on(ack(0)));
  ASSERT_FALSE(goes_on(ack(1000)));
  EXPECT_EQ(given(super.view()), (Packets{ack(1000), super.bytes}));
}

TEST_F(AcknowledgementsApart, DoNotTakeBackAWindowThatWasOpened) {
  ASSERT_TRUE(goes_on(ack_with_window(0, 2000)));
  ASSERT_FALSE(goes_on(ack_with_window(2000, 0)));
  EXPECT_EQ(given(ack_with_window(2000, 500)), (Packets{ack_with_window(2000, 0), ack_with_window(2000, 500)}))
      << "a sender believes the last that it hears";
  EXPECT_EQ(pace_.due(), std::nullopt);
  ASSERT_FALSE(goes_on(ack_with_window(2100, 400)));
  ASSERT_FALSE(goes_on(ack_with_window(2500, 0))) << "a window that closes is as new as its number";
  now_ += kGap;
  EXPECT_EQ(taken(), ack_with_window(2500, 0));
}

TEST_F(AcknowledgementsApart, TellOfEachLossAsOftenAsTheyCame) {
  ASSERT_TRUE(goes_on(ack(0)));
  ASSERT_FALSE(goes_on(ack(1000)));
  Packets heard;
  for (int i = 0; i < 3; ++i) {
    for (auto& each : given(ack(1000))) heard.push_back(std::move(each));
  }
  EXPECT_EQ(heard, (Packets{ack(1000), ack(1000), ack(1000), ack(1000)})) << "the first and three more: send it again";
}

TEST_F(AcknowledgementsApart, SayMoreAlsoWhenTheNumberBeginsAnew) {
  ASSERT_TRUE(goes_on(ack(4294966000U)));
  ASSERT_FALSE(goes_on(ack(4294967000U)));
  ASSERT_FALSE(goes_on(ack(704)));
  EXPECT_EQ(given(ack(4294967200U)), (Packets{ack(704), ack(4294967200U)})) << "an older one";
}

TEST_F(AcknowledgementsApart, AreNotKeptWithoutAGap) {
  for (std::uint32_t i = 0; i < 5; ++i) EXPECT_TRUE(goes_on(ack(1000 * i), Duration{}));
  ASSERT_TRUE(goes_on(ack(10000)));
  ASSERT_FALSE(goes_on(ack(11000)));
  pace_.forget();
  EXPECT_EQ(pace_.due(), std::nullopt);
  EXPECT_TRUE(goes_on(ack(12000), Duration{}));
}

}  // namespace
}  // namespace sallyport
