#include "common/wire/varint.hpp"

#include "tests/unit/common/wire/wire_bytes.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

struct VarintCase {
  std::uint64_t value;
  ByteBuffer encoding;
};

/// The four examples of RFC 9000 appendix A.1 and both sides of every border.
const std::vector<VarintCase>& vectors() {
  static const std::vector<VarintCase> kVectors{
      {151288809941952652U, bytes_of({0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c})},
      {494878333U, bytes_of({0x9d, 0x7f, 0x3e, 0x7d})},
      {15293U, bytes_of({0x7b, 0xbd})},
      {37U, bytes_of({0x25})},
      {0U, bytes_of({0x00})},
      {63U, bytes_of({0x3f})},
      {64U, bytes_of({0x40, 0x40})},
      {16383U, bytes_of({0x7f, 0xff})},
      {16384U, bytes_of({0x80, 0x00, 0x40, 0x00})},
      {1073741823U, bytes_of({0xbf, 0xff, 0xff, 0xff})},
      {1073741824U, bytes_of({0xc0, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00})},
      {kMaxVarint, bytes_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})},
  };
  return kVectors;
}

TEST(Varint, WritesTheShortestEncoding) {
  for (const auto& vector : vectors()) {
    ByteBuffer out;
    append_varint(out, vector.value);
    EXPECT_EQ(out, vector.encoding) << vector.value;
    EXPECT_EQ(varint_size(vector.value), vector.encoding.size()) << vector.value;
  }
}

TEST(Varint, ReadsWhatItWrites) {
  for (const auto& vector : vectors()) {
    const auto parsed = parse_varint(vector.encoding);
    ASSERT_TRUE(parsed) << vector.value;
    EXPECT_EQ(parsed->value, vector.value);
    EXPECT_EQ(parsed->size, vector.encoding.size());
  }
}

TEST(Varint, WantsMoreAtEveryCut) {
  for (const auto& vector : vectors()) {
    for (std::size_t size = 0; size < vector.encoding.size(); ++size) {
      EXPECT_FALSE(parse_varint(Bytes{vector.encoding}.first(size))) << vector.value << " cut to " << size;
    }
  }
}

TEST(Varint, AcceptsLongerEncodingsThanNeeded) {
  const auto parsed = parse_varint(bytes_of({0x40, 0x25}));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->value, 37U);
  EXPECT_EQ(parsed->size, 2U);
}

}  // namespace
}  // namespace sallyport
