#include "common/ip/checksum.hpp"

#include "tests/support/packets.hpp"

#include <gtest/gtest.h>

#include <random>

namespace sallyport {
namespace {

TEST(InternetChecksum, MatchesTheExampleOfRfc1071) {
  EXPECT_EQ(internet_checksum(test::octets({0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7})), 0xffff - 0xddf2);
}

TEST(InternetChecksum, PadsAnOddLastOctet) {
  EXPECT_EQ(internet_checksum(test::octets({0x12})), internet_checksum(test::octets({0x12, 0x00})));
}

TEST(InternetChecksum, IsZeroOverWhatCarriesIt) {
  auto bytes = test::octets({0x45, 0, 0, 0, 0xff, 0xff, 0x12, 0x34});
  test::put16(bytes, 2, internet_checksum(bytes));
  EXPECT_EQ(internet_checksum(bytes), 0);
}

TEST(InternetChecksum, SumsPiecesAsOne) {
  const auto bytes = test::octets({1, 2, 3, 4, 5, 6, 7});
  InternetChecksum pieces;
  pieces.add(Bytes{bytes}.first(4));
  pieces.add(Bytes{bytes}.subspan(4));
  EXPECT_EQ(pieces.value(), internet_checksum(bytes));
}

TEST(InternetChecksum, OfLongPiecesIsThatOfTheirOctetsInTurn) {
  std::mt19937 random{4711};
  for (std::size_t size = 0; size < 300; ++size) {
    ByteBuffer bytes(size);
    for (auto& each : bytes) each = static_cast<std::byte>(random());
    InternetChecksum pieces;
    const std::size_t cut = random() % (size / 2 + 1) * 2;
    pieces.add(Bytes{bytes}.first(cut));
    pieces.add(Bytes{bytes}.subspan(cut));
    EXPECT_EQ(internet_checksum(bytes), test::naive_checksum(bytes)) << size;
    EXPECT_EQ(pieces.value(), test::naive_checksum(bytes)) << size;
  }
}

TEST(InternetChecksum, KeepsEveryCarryOfTheLargestPacket) {
  const ByteBuffer bytes(65535, std::byte{0xff});
  EXPECT_EQ(internet_checksum(bytes), test::naive_checksum(bytes));
}

}  // namespace
}  // namespace sallyport
