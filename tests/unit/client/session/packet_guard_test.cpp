#include "client/session/packet_guard.hpp"

#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using test::packet;
using test::udp;

constexpr const char* kLaptop = "10.99.0.14";
constexpr const char* kOffice = "10.20.0.1";

class PacketGuardTest : public testing::Test {
 protected:
  PacketGuardTest() { guard_.open({*IpPrefix::parse("10.99.0.14/32")}); }
  std::uint64_t dropped_in(PacketDrop reason) const {
    return guard_.traffic().dropped_in[static_cast<std::size_t>(reason)];
  }
  std::uint64_t dropped_out(PacketDrop reason) const {
    return guard_.traffic().dropped_out[static_cast<std::size_t>(reason)];
  }

  const ByteBuffer out_ = packet(kLaptop, kOffice, udp(4000, 53, 20));
  const ByteBuffer in_ = packet(kOffice, kLaptop, udp(53, 4000, 20));
  PacketGuard guard_;
};

TEST_F(PacketGuardTest, LetsOwnPacketsPassBothWaysAndCountsThem) {
  const auto admitted = guard_.admit(SuperPacket{out_});
  ASSERT_TRUE(admitted);
  EXPECT_EQ(guard_.traffic().packets_out, 0U) << "it may have to wait";
  guard_.note_sent(*admitted);
  EXPECT_EQ(guard_.traffic().packets_out, 1U);
  EXPECT_EQ(guard_.traffic().bytes_out, out_.size());
  const auto taken = guard_.take(SuperPacket{in_});
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->bytes.data(), in_.data()) << "borrowed";
  EXPECT_EQ(guard_.traffic().packets_in, 1U);
  EXPECT_EQ(guard_.traffic().bytes_in, in_.size());
}

TEST_F(PacketGuardTest, LetsNothingPassBeforeItIsOpenAndAfterItIsShut) {
  PacketGuard fresh;
  EXPECT_EQ(fresh.admit(SuperPacket{out_}).error(), PacketDrop::NotOnline);
  EXPECT_FALSE(fresh.take(SuperPacket{in_}));
  guard_.shut();
  EXPECT_EQ(guard_.admit(SuperPacket{out_}).error(), PacketDrop::NotOnline);
  EXPECT_FALSE(guard_.take(SuperPacket{in_}));
  EXPECT_EQ(dropped_in(PacketDrop::NotOnline), 1U);
  EXPECT_EQ(dropped_out(PacketDrop::NotOnline), 1U);
  EXPECT_EQ(guard_.addresses().size(), 1U) << "what they were is still known";
}

TEST_F(PacketGuardTest, LetsNobodyElsesPacketsPass) {
  EXPECT_EQ(guard_.admit(SuperPacket{packet("10.99.0.15", kOffice, udp(1, 2, 0))}).error(), PacketDrop::ForeignSource);
  EXPECT_EQ(guard_.admit(SuperPacket{packet(kLaptop, "127.0.0.1", udp(1, 2, 0))}).error(), PacketDrop::Unroutable);
  EXPECT_FALSE(guard_.take(SuperPacket{packet(kOffice, "10.99.0.15", udp(1, 2, 0))}));
  EXPECT_EQ(dropped_in(PacketDrop::ForeignDestination), 1U);
  EXPECT_FALSE(guard_.take(SuperPacket{packet(kLaptop, kLaptop, udp(1, 2, 0))}));
  EXPECT_EQ(dropped_in(PacketDrop::ForeignSource), 1U) << "the kernel might take it for local traffic";
}

TEST_F(PacketGuardTest, TakesOverTheAddressesThatCountNow) {
  guard_.open({*IpPrefix::parse("10.99.0.15/32")});
  EXPECT_EQ(guard_.admit(SuperPacket{out_}).error(), PacketDrop::ForeignSource);
  EXPECT_TRUE(guard_.admit(SuperPacket{packet("10.99.0.15", kOffice, udp(1, 2, 0))}));
}

}  // namespace
}  // namespace sallyport
