#include "common/ip/ack_filter.hpp"

#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace sallyport {
namespace {

using namespace test;

struct Ack {
  std::uint32_t number = 2000;
  std::uint32_t seq = 1000;
  std::uint16_t port = 443;
  std::uint8_t flags = kAck;
  std::size_t data = 0;
  ByteBuffer options = octets({1, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9});
};

ByteBuffer made(const Ack& ack, std::string_view from = "10.20.4.10", std::string_view to = "10.99.0.2") {
  auto transport = tcp(ack.port, 40000, ack.flags, ack.data, ack.seq, ack.number);
  transport.bytes.insert(transport.bytes.begin() + 20, ack.options.begin(), ack.options.end());
  transport.bytes[12] = static_cast<std::byte>((20 + ack.options.size()) / 4 << 4U);
  return packet(from, to, transport);
}
ByteBuffer made6(const Ack& ack) { return made(ack, "fd00:20::10", "fd12::2"); }

class Acknowledgements : public testing::Test {
 protected:
  [[nodiscard]] ByteBuffer held() const { return {filter_.held().begin(), filter_.held().end()}; }

  AckFilter filter_;
};

TEST_F(Acknowledgements, ThatSayMoreTakeThePlaceOfThoseBefore) {
  for (const auto& options : {Ack{}.options, ByteBuffer{}}) {
    for (const auto& of : {std::function{[](const Ack& ack) { return made(ack); }}, std::function{made6}}) {
      filter_.clear();
      EXPECT_TRUE(filter_.is_empty());
      for (std::uint32_t number = 4294960000U; number != 4294960000U + 10 * 1400; number += 1400) {
        Ack ack{.number = number};
        ack.options = options;
        ASSERT_TRUE(filter_.hold(of(ack))) << "also when the number begins anew";
        EXPECT_EQ(held(), of(ack));
      }
    }
  }
}

TEST_F(Acknowledgements, OfTheSameOctetsAreAllNeeded) {
  ASSERT_TRUE(filter_.hold(made({})));
  EXPECT_FALSE(filter_.hold(made({}))) << "a third one tells of a loss";
  EXPECT_FALSE(filter_.hold(made({.number = 1999})));
  auto opened = made({});
  put16(opened, 34, 500);
  EXPECT_FALSE(filter_.hold(opened)) << "nor does it say more that the window is another one";
  EXPECT_EQ(held(), made({}));
}

TEST_F(Acknowledgements, OfAnotherFlowOrPlaceDoNotGoOn) {
  ASSERT_TRUE(filter_.hold(made({})));
  EXPECT_FALSE(filter_.hold(made({.number = 3000, .port = 444})));
  EXPECT_FALSE(filter_.hold(made({.number = 3000, .seq = 1001})));
  EXPECT_FALSE(filter_.hold(made({.number = 3000}, "10.20.4.11")));
  EXPECT_FALSE(filter_.hold(made({.number = 3000}, "10.20.4.10", "10.99.0.3")));
  EXPECT_FALSE(filter_.hold(made6({.number = 3000})));
  auto bare = Ack{.number = 3000};
  bare.options.clear();
  EXPECT_FALSE(filter_.hold(made(bare)));
  auto marked = made({.number = 3000});
  marked[1] = std::byte{3};  // ECN
  EXPECT_FALSE(filter_.hold(marked));
  EXPECT_EQ(held(), made({}));
}

TEST_F(Acknowledgements, AreNotWhatSaysAnythingElse) {
  EXPECT_FALSE(filter_.hold(made({.data = 1})));
  for (const unsigned flag : {0x01U, 0x02U, 0x04U, 0x08U, 0x20U, 0x40U, 0x80U}) {
    EXPECT_FALSE(filter_.hold(made({.flags = static_cast<std::uint8_t>(kAck | flag)}))) << flag;
  }
  EXPECT_FALSE(filter_.hold(made({.flags = 0})));
  auto accurate = made({});
  accurate[32] |= std::byte{1};
  EXPECT_FALSE(filter_.hold(accurate)) << "a flag of accurate ECN";
  auto selective = Ack{};
  selective.options = octets({1, 1, 5, 10, 0, 0, 1, 0, 0, 0, 2, 0});
  EXPECT_FALSE(filter_.hold(made(selective)));
  EXPECT_FALSE(filter_.hold(packet("10.20.4.10", "10.99.0.2", udp(443, 40000, 12))));
  EXPECT_TRUE(filter_.is_empty());
}

TEST_F(Acknowledgements, AreNotPiecesNorCutOffNorPadded) {
  auto fragment = made({});
  fragment[6] |= std::byte{0x20};
  EXPECT_FALSE(filter_.hold(fragment));
  for (const auto& whole : {made({}), made6({})}) {
    for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(filter_.hold(Bytes{whole}.first(size)));
    auto longer = whole;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(filter_.hold(longer));
  }
}

}  // namespace
}  // namespace sallyport
