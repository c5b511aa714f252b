#include "common/wire/capsule.hpp"

#include "common/wire/datagram.hpp"
#include "common/wire/varint.hpp"
#include "tests/unit/common/wire/wire_bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace sallyport {
namespace {

constexpr std::uint64_t kUnknownType = 0x2a;

struct Seen {
  CapsuleType type;
  ByteBuffer payload;
  friend bool operator==(const Seen&, const Seen&) = default;
};

struct Reading {
  std::vector<Seen> capsules;
  std::optional<CapsuleError> error;
  std::uint64_t skipped = 0;
  bool at_boundary = false;
  friend bool operator==(const Reading&, const Reading&) = default;
};

/// Feeds `stream` in pieces that end at `cuts` and at its end.
Reading read(Bytes stream, const std::vector<std::size_t>& cuts) {
  CapsuleReader reader;
  Reading reading;
  std::size_t from = 0;
  std::vector<std::size_t> ends = cuts;
  ends.push_back(stream.size());
  for (const std::size_t end : ends) {
    reader.feed(stream.subspan(from, end - from));
    from = end;
    for (;;) {
      const auto capsule = reader.next();
      if (!capsule) {
        reading.error = capsule.error();
        return reading;
      }
      if (!*capsule) break;
      reading.capsules.push_back({(*capsule)->type, {(*capsule)->payload.begin(), (*capsule)->payload.end()}});
    }
  }
  reading.skipped = reader.skipped();
  reading.at_boundary = reader.at_boundary();
  return reading;
}

std::vector<std::size_t> every_octet(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i < size; ++i) cuts.push_back(i);
  return cuts;
}

ByteBuffer capsule(std::uint64_t type, const ByteBuffer& value) {
  ByteBuffer out;
  append_capsule(out, static_cast<CapsuleType>(type), value);
  return out;
}

/// One of every kind, an empty one, unknown ones, and lengths of one, two and four octets.
ByteBuffer sample_stream() {
  return joined({capsule(0, bytes_of("\0packet")), capsule(kUnknownType, ByteBuffer(300, std::byte{7})), capsule(1, {}),
                 capsule(2, ByteBuffer(70, std::byte{1})), capsule(3, ByteBuffer(20, std::byte{2})),
                 capsule(kMaxVarint, bytes_of("x")), capsule(0, ByteBuffer(200, std::byte{9})),
                 capsule(static_cast<std::uint64_t>(CapsuleType::Notice), bytes_of("{}")),
                 capsule(static_cast<std::uint64_t>(CapsuleType::Why), bytes_of("{\"v\":1}"))});
}

TEST(CapsuleReader, ReadsTheVectorOfTheDocumentation) {
  const auto stream = bytes_of({0x00, 0x03, 0x00, 0x45, 0x46});
  CapsuleReader reader;
  reader.feed(stream);
  const auto capsule = reader.next();
  ASSERT_TRUE(capsule && *capsule);
  EXPECT_EQ((*capsule)->type, CapsuleType::Datagram);
  EXPECT_EQ((*capsule)->payload.size(), 3U);
  EXPECT_FALSE(*reader.next());
  EXPECT_TRUE(reader.at_boundary());
}

TEST(CapsuleReader, DoesNotCopyACapsuleThatIsWholeInTheFedBytes) {
  const auto stream = joined({capsule(0, bytes_of("one")), capsule(0, bytes_of("two"))});
  CapsuleReader reader;
  reader.feed(stream);
  const auto first = reader.next();
  const auto second = reader.next();
  ASSERT_TRUE(first && *first && second && *second);
  EXPECT_EQ((*first)->payload.data(), stream.data() + 2);
  EXPECT_EQ((*second)->payload.data(), stream.data() + 7);
  EXPECT_EQ(reader.memory(), 0U);
}

TEST(CapsuleReader, FindsTheSameCapsulesWhereverTheStreamIsCut) {
  const ByteBuffer stream = sample_stream();
  const Reading whole = read(stream, {});
  ASSERT_EQ(whole.capsules.size(), 7U);
  ASSERT_EQ(whole.skipped, 2U);
  ASSERT_TRUE(whole.at_boundary);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) EXPECT_EQ(read(stream, {cut}), whole) << "cut at " << cut;
  EXPECT_EQ(read(stream, every_octet(stream.size())), whole);
}

TEST(CapsuleReader, FindsTheSameInRandomStreamsHoweverTheyAreCut) {
  std::mt19937 random{20261121};
  const auto upto = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n}(random); };
  for (int round = 0; round < 2000; ++round) {
    ByteBuffer stream;
    for (std::size_t i = upto(8); i-- > 0;) append(stream, capsule(upto(6), ByteBuffer(upto(90), std::byte{1})));
    for (std::size_t i = upto(3); i-- > 0 && !stream.empty();) stream[upto(stream.size() - 1)] = std::byte(upto(255));
    std::vector<std::size_t> cuts;
    for (std::size_t i = upto(5); i-- > 0;) cuts.push_back(upto(stream.size()));
    std::sort(cuts.begin(), cuts.end());
    EXPECT_EQ(read(stream, cuts), read(stream, {})) << "round " << round;
  }
}

TEST(CapsuleReader, SkipsUnknownTypesSilentlyWhateverTheirLength) {
  CapsuleReader reader;
  ByteBuffer head;
  append_capsule_header(head, static_cast<CapsuleType>(kUnknownType), kMaxVarint);
  reader.feed(head);
  EXPECT_FALSE(*reader.next());
  const ByteBuffer flood(1U << 20U, std::byte{0xff});
  for (int i = 0; i < 64; ++i) {
    reader.feed(flood);
    const auto nothing = reader.next();
    ASSERT_TRUE(nothing);
    ASSERT_FALSE(*nothing);
  }
  EXPECT_EQ(reader.memory(), 0U);
  EXPECT_EQ(reader.skipped(), 1U);
  EXPECT_FALSE(reader.at_boundary());
}

TEST(CapsuleReader, SkipsADatagramTooLongToBeUsefulWithoutStoringIt) {
  CapsuleReader reader;
  const auto stream = joined({capsule(0, ByteBuffer(kMaxCapsuleValue + 1)), capsule(0, bytes_of("ok"))});
  std::size_t found = 0;
  for (std::size_t at = 0; at < stream.size(); at += 1000) {
    reader.feed(Bytes{stream}.subspan(at, std::min<std::size_t>(1000, stream.size() - at)));
    for (auto next = reader.next(); next && *next; next = reader.next()) ++found;
    EXPECT_LE(reader.memory(), 64U);
  }
  EXPECT_EQ(found, 1U);
  EXPECT_EQ(reader.skipped(), 1U);
  EXPECT_TRUE(reader.at_boundary());
}

TEST(CapsuleReader, ReadsTheLongestPacket) {
  const auto stream = capsule(0, ByteBuffer(kMaxCapsuleValue, std::byte{3}));
  const Reading reading = read(stream, {10, 1000, 65000});
  ASSERT_EQ(reading.capsules.size(), 1U);
  EXPECT_EQ(reading.capsules[0].payload.size(), 65536U);
}

TEST(CapsuleReader, RefusesAnyOtherKnownCapsuleOverTheLimitBeforeItsValueComes) {
  for (const auto type : {CapsuleType::AddressAssign, CapsuleType::AddressRequest, CapsuleType::RouteAdvertisement,
                          CapsuleType::Notice, CapsuleType::Why}) {
    for (const std::uint64_t length : {std::uint64_t{kMaxCapsuleValue} + 1, kMaxVarint}) {
      ByteBuffer head;
      append_capsule_header(head, type, length);
      for (const auto& cuts : {std::vector<std::size_t>{}, every_octet(head.size())}) {
        EXPECT_EQ(read(head, cuts).error, CapsuleError::TooLong);
      }
    }
  }
}

TEST(CapsuleReader, HoldsNoMoreMemoryThanOctetsHaveArrived) {
  CapsuleReader reader;
  ByteBuffer head;
  append_capsule_header(head, CapsuleType::RouteAdvertisement, kMaxCapsuleValue);
  reader.feed(head);
  EXPECT_FALSE(*reader.next());
  EXPECT_LE(reader.memory(), 64U);
}

TEST(CapsuleReader, StaysRefusedAfterAnError) {
  ByteBuffer head;
  append_capsule_header(head, CapsuleType::Notice, kMaxVarint);
  CapsuleReader reader;
  reader.feed(head);
  EXPECT_FALSE(reader.next());
  const auto good = capsule(0, bytes_of("x"));
  reader.feed(good);
  EXPECT_FALSE(reader.next());
}

TEST(CapsuleReader, KnowsACapsuleThatTheEndOfTheStreamCuts) {
  const ByteBuffer stream = sample_stream();
  std::vector<bool> boundary(stream.size() + 1, false);
  std::size_t at = 0;
  while (true) {
    boundary[at] = true;
    if (at == stream.size()) break;
    const auto type = parse_varint(Bytes{stream}.subspan(at));
    const auto length = parse_varint(Bytes{stream}.subspan(at + type->size));
    at += type->size + length->size + length->value;
  }
  for (std::size_t size = 0; size <= stream.size(); ++size) {
    EXPECT_EQ(read(Bytes{stream}.first(size), {}).at_boundary, boundary[size]) << size;
    EXPECT_EQ(read(Bytes{stream}.first(size), every_octet(size)).at_boundary, boundary[size]) << size;
  }
}

TEST(CapsuleTypes, OfOursAreNeitherSmallNorGrease) {
  for (const auto type : {CapsuleType::Notice, CapsuleType::Why}) {
    const auto number = static_cast<std::uint64_t>(type);
    EXPECT_GT(number, std::uint64_t{1} << 32U);
    EXPECT_LE(number, kMaxVarint);
    EXPECT_NE(number % 0x29, 0x17U);
  }
}

TEST(CapsuleReader, GivesBackItsMemoryBetweenCapsulesAndNeverWithinOne) {
  ByteBuffer stream;
  append_datagram(stream, ByteBuffer(60000));
  const Bytes whole{stream};
  CapsuleReader reader;
  reader.feed(whole.first(40000));
  EXPECT_FALSE(*reader.next());
  reader.release_memory();
  EXPECT_GE(reader.memory(), 40000U);
  reader.feed(whole.subspan(40000));
  EXPECT_TRUE(*reader.next());
  EXPECT_FALSE(*reader.next());
  reader.release_memory();
  EXPECT_EQ(reader.memory(), 0U);
  reader.feed(whole);
  EXPECT_TRUE(*reader.next());
}

TEST(Datagram, IsWrittenWithContextZeroInFrontOfThePacket) {
  ByteBuffer out;
  append_datagram(out, bytes_of({0x45, 0x46}));
  EXPECT_EQ(out, bytes_of({0x00, 0x03, 0x00, 0x45, 0x46}));
}

TEST(Datagram, OfEveryLengthClassComesBackWhole) {
  for (const std::size_t size : {0U, 1U, 62U, 63U, 64U, 1400U, 16382U, 16383U, 65535U}) {
    const ByteBuffer packet(size, std::byte{0x45});
    ByteBuffer out;
    append_datagram(out, packet);
    EXPECT_LE(out.size(), size + kMaxDatagramHeader);
    const Reading reading = read(out, {});
    ASSERT_EQ(reading.capsules.size(), 1U);
    const auto parsed = parse_datagram(reading.capsules[0].payload);
    ASSERT_TRUE(parsed && parsed->context == kPacketContext);
    EXPECT_EQ(parsed->payload.size(), size);
  }
}

TEST(Datagram, IsAppendedWithoutAllocationWhenThereIsRoom) {
  ByteBuffer out;
  out.reserve(1400 + kMaxDatagramHeader);
  const auto* before = out.data();
  append_datagram(out, ByteBuffer(1400));
  EXPECT_EQ(out.data(), before);
}

TEST(Datagram, OfAnotherContextIsNoError) {
  const auto parsed = parse_datagram(bytes_of({0x02, 0x45}));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->context, 2U);
}

TEST(Datagram, AcceptsALongEncodingOfContextZero) {
  const auto parsed = parse_datagram(bytes_of({0x40, 0x00, 0x45}));
  ASSERT_TRUE(parsed && parsed->context == kPacketContext);
  EXPECT_EQ(parsed->payload.size(), 1U);
}

TEST(Datagram, WithoutAWholeContextIdIsMalformed) {
  EXPECT_EQ(parse_datagram({}).error(), CapsuleError::FieldMissing);
  EXPECT_EQ(parse_datagram(bytes_of({0x40})).error(), CapsuleError::FieldMissing);
}

}  // namespace
}  // namespace sallyport
