#include "common/pki/der.hpp"

#include "common/base/hex.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport {
namespace {

ByteBuffer octets(std::string_view hex) { return *from_hex(hex); }

TEST(Der, ReadsElementsInOrder) {
  const ByteBuffer bytes = octets("0201050101ff");
  der::Reader reader{bytes};
  EXPECT_EQ(der::small_integer(reader.next(der::Integer)->content), 5U);
  EXPECT_FALSE(reader.next(der::Integer));
  EXPECT_EQ(der::boolean(reader.next(der::Boolean)->content), true);
  EXPECT_TRUE(reader.empty());
  EXPECT_FALSE(reader.next());
}

TEST(Der, RefusesWhatIsNotMinimalOrComplete) {
  for (const char* hex :
       {"02", "0201", "028101ff", "02820001ff", "0280", "0285000000000100", "02ffffffff", "1f0100", "0284ffffffff00"}) {
    const ByteBuffer bytes = octets(hex);
    EXPECT_FALSE(der::Reader{bytes}.next()) << hex;
  }
}

TEST(Der, RefusesAnythingBehindASingleElement) {
  EXPECT_TRUE(der::only(octets("020105"), der::Integer));
  EXPECT_FALSE(der::only(octets("02010500"), der::Integer));
}

TEST(Der, TakesOnlyMinimalNonNegativeIntegers) {
  for (const char* hex : {"", "80", "ff01", "007f", "0000"}) EXPECT_FALSE(der::unsigned_integer(octets(hex))) << hex;
  EXPECT_EQ(to_hex(*der::unsigned_integer(octets("0080"))), "80");
  EXPECT_EQ(to_hex(*der::unsigned_integer(octets("00"))), "00");
  EXPECT_EQ(der::small_integer(octets("00ffffffffffffffff")), 0xffffffffffffffffU);
  EXPECT_FALSE(der::small_integer(octets("010000000000000000")));
}

TEST(Der, WritesLengthsThatItReads) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{127}, std::size_t{128}, std::size_t{255}, std::size_t{256}, std::size_t{65536}}) {
    const ByteBuffer content(size, std::byte{7});
    const auto element = der::only(der::octet_string(content), der::OctetString);
    ASSERT_TRUE(element) << size;
    EXPECT_EQ(element->content.size(), size);
  }
}

TEST(Der, WritesIntegersWithoutASign) {
  EXPECT_EQ(to_hex(der::integer(0)), "020100");
  EXPECT_EQ(to_hex(der::integer(128)), "02020080");
  EXPECT_EQ(to_hex(der::integer(Bytes{octets("00000a")})), "02010a");
  EXPECT_EQ(to_hex(der::integer(0xffffffffffffffffU)), "020900ffffffffffffffff");
}

TEST(Der, RoundTripsTimesOfBothForms) {
  for (const char* text : {"1950-01-01T00:00:00Z", "2026-11-21T05:23:00Z", "2049-12-31T23:59:59Z",
                           "2050-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}) {
    const WallTime time = *parse_utc(text);
    const ByteBuffer encoded = der::time(time);
    EXPECT_EQ(der::time(*der::Reader{encoded}.next()), time) << text;
  }
  EXPECT_EQ(der::time(*parse_utc("2049-12-31T23:59:59Z"))[0], std::byte{der::UtcTime});
  EXPECT_EQ(der::time(*parse_utc("2050-01-01T00:00:00Z"))[0], std::byte{der::GeneralizedTime});
}

TEST(Der, RefusesTimesThatDoNotExist) {
  for (const char* text : {"261321000000Z", "260230000000Z", "260101240000Z", "260101006000Z", "2601010000Z",
                           "260101000000+", "26010100000aZ", "2601010000-1Z"}) {
    const ByteBuffer encoded = der::text(der::UtcTime, text);
    EXPECT_FALSE(der::time(*der::Reader{encoded}.next())) << text;
  }
}

}  // namespace
}  // namespace sallyport
