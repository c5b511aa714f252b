#include "common/wire/probe.hpp"

#include "common/wire/capsule.hpp"
#include "tests/unit/common/wire/wire_bytes.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(Probe, IsWrittenAsDocumented) {
  ByteBuffer out;
  append_probe(out, Probe{1});
  EXPECT_EQ(out, bytes_of({0xe4, 0xc9, 0xd1, 0xe7, 0xa0, 0x5b, 0x3f, 0x86, 8, 0, 0, 0, 0, 0, 0, 0, 1}));
}

TEST(Probe, ComesBackAsItWasWritten) {
  for (const std::uint64_t token : {std::uint64_t{0}, std::uint64_t{0x0123456789abcdef}, UINT64_MAX}) {
    ByteBuffer out;
    append_probe(out, Probe{token});
    CapsuleReader reader;
    reader.feed(out);
    const auto capsule = reader.next();
    ASSERT_TRUE(capsule && *capsule);
    EXPECT_EQ((*capsule)->type, CapsuleType::Probe);
    EXPECT_EQ(parse_probe((*capsule)->payload).value(), Probe{token});
  }
}

TEST(Probe, OfAnotherLengthIsMalformed) {
  EXPECT_EQ(parse_probe(ByteBuffer(7)).error(), CapsuleError::FieldMissing);
  EXPECT_EQ(parse_probe(ByteBuffer(9)).error(), CapsuleError::TooLong);
  EXPECT_FALSE(parse_probe({}));
}

}  // namespace
}  // namespace sallyport
