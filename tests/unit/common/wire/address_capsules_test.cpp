#include "common/wire/address_assign.hpp"
#include "common/wire/address_request.hpp"
#include "common/wire/capsule.hpp"
#include "common/wire/route_advertisement.hpp"
#include "tests/unit/common/wire/wire_bytes.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

IpPrefix prefix(std::string_view text) { return IpPrefix::parse(text).value(); }
IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

ByteBuffer v6_entry(unsigned request_id, std::initializer_list<unsigned> head, unsigned length) {
  ByteBuffer entry = bytes_of({request_id, 6});
  ByteBuffer octets = bytes_of(head);
  octets.resize(16);
  append(entry, octets);
  entry.push_back(static_cast<std::byte>(length));
  return entry;
}

TEST(AddressAssign, IsWrittenAsDocumented) {
  ByteBuffer out;
  append_address_assign(out, std::vector<AssignedAddress>{{0, prefix("10.99.0.7")}});
  EXPECT_EQ(out, bytes_of({0x01, 0x07, 0x00, 0x04, 0x0a, 0x63, 0x00, 0x07, 0x20}));
}

TEST(AddressAssign, ComesBackAsItWasWritten) {
  const std::vector<AssignedAddress> list{
      {0, prefix("10.99.0.7")}, {300, prefix("fd00:1::/64")}, {2, prefix("0.0.0.0/32")}};
  ByteBuffer out;
  append_address_assign(out, list);
  const auto parsed = parse_address_assign(Bytes{out}.subspan(2));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, list);
  EXPECT_FALSE(list[0].is_declined());
  EXPECT_TRUE(list[2].is_declined());
}

TEST(AddressAssign, MayBeEmptyAndThenWithdrawsAll) {
  const auto parsed = parse_address_assign({});
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->empty());
}

TEST(AddressAssign, RefusesAnIpVersionOtherThan4And6) {
  for (const unsigned version : {0U, 5U, 7U, 255U}) {
    EXPECT_EQ(parse_address_assign(bytes_of({0, version, 1, 2, 3, 4, 32})).error(), CapsuleError::BadIpVersion);
  }
}

TEST(AddressAssign, RefusesAPrefixLengthBeyondTheAddress) {
  EXPECT_EQ(parse_address_assign(bytes_of({0, 4, 1, 2, 3, 4, 33})).error(), CapsuleError::BadPrefixLength);
  EXPECT_EQ(parse_address_assign(v6_entry(0, {0xfd}, 129)).error(), CapsuleError::BadPrefixLength);
}

TEST(AddressAssign, RefusesHostBitsBehindThePrefix) {
  EXPECT_EQ(parse_address_assign(bytes_of({0, 4, 10, 0, 0, 1, 24})).error(), CapsuleError::HostBitsSet);
  EXPECT_EQ(parse_address_assign(v6_entry(0, {0xfd, 1}, 8)).error(), CapsuleError::HostBitsSet);
  EXPECT_TRUE(parse_address_assign(v6_entry(0, {0xfd}, 8)));
}

TEST(AddressAssign, RefusesMissingOctetsAtEveryCut) {
  const auto value = joined({bytes_of({0, 4, 10, 99, 0, 7, 32}), v6_entry(1, {0xfd}, 128)});
  for (std::size_t size = 0; size < value.size(); ++size) {
    const bool at_entry_end = size == 0 || size == 7;
    EXPECT_EQ(parse_address_assign(Bytes{value}.first(size)).has_value(), at_entry_end) << size;
  }
}

TEST(AddressAssign, RefusesOctetsBehindTheLastEntry) {
  EXPECT_EQ(parse_address_assign(bytes_of({0, 4, 10, 99, 0, 7, 32, 0})).error(), CapsuleError::FieldMissing);
}

TEST(AddressRequest, IsWrittenAsDocumented) {
  ByteBuffer out;
  append_address_request(out, std::vector<RequestedAddress>{{1, prefix("0.0.0.0/32")}, {2, prefix("::/128")}});
  EXPECT_EQ(out, joined({bytes_of({0x02, 0x1a}), bytes_of({1, 4, 0, 0, 0, 0, 32}), v6_entry(2, {}, 128)}));
}

TEST(AddressRequest, RefusesTheIdZero) {
  EXPECT_EQ(parse_address_request(bytes_of({0, 4, 0, 0, 0, 0, 32})).error(), CapsuleError::ZeroRequestId);
}

TEST(AddressRequest, RefusesAnIdTwice) {
  const auto value = joined({bytes_of({1, 4, 0, 0, 0, 0, 32}), v6_entry(2, {}, 128), bytes_of({1, 4, 0, 0, 0, 0, 32})});
  EXPECT_EQ(parse_address_request(value).error(), CapsuleError::RepeatedRequestId);
}

TEST(AddressRequest, RefusesToAskForNothing) {
  EXPECT_EQ(parse_address_request({}).error(), CapsuleError::NothingRequested);
}

TEST(AddressRequest, ChecksTheSharedFieldsAsWell) {
  EXPECT_EQ(parse_address_request(bytes_of({1, 5, 0, 0, 0, 0, 32})).error(), CapsuleError::BadIpVersion);
  EXPECT_EQ(parse_address_request(bytes_of({1, 4, 10, 0, 0, 1, 24})).error(), CapsuleError::HostBitsSet);
  EXPECT_EQ(parse_address_request(bytes_of({1, 4, 0, 0, 0, 0, 33})).error(), CapsuleError::BadPrefixLength);
  EXPECT_EQ(parse_address_request(bytes_of({1, 4, 0, 0})).error(), CapsuleError::FieldMissing);
}

ByteBuffer v4_range(std::initializer_list<unsigned> first, std::initializer_list<unsigned> last, unsigned protocol) {
  return joined({bytes_of({4}), bytes_of(first), bytes_of(last), bytes_of({protocol})});
}

ByteBuffer v6_range(unsigned first, unsigned last, unsigned protocol) {
  ByteBuffer low = bytes_of({first});
  ByteBuffer high = bytes_of({last});
  low.resize(16);
  high.resize(16);
  return joined({bytes_of({6}), low, high, bytes_of({protocol})});
}

std::optional<CapsuleError> fault_of(std::initializer_list<ByteBuffer> ranges) {
  const auto parsed = parse_route_advertisement(joined(ranges));
  return parsed ? std::nullopt : std::optional{parsed.error()};
}

TEST(RouteAdvertisement, IsWrittenAsDocumented) {
  ByteBuffer out;
  const std::vector<IpRange> ranges{{address("10.20.0.0"), address("10.20.255.255")}};
  EXPECT_EQ(append_route_advertisement(out, ranges), 1U);
  EXPECT_EQ(out, joined({bytes_of({0x03, 0x0a}), v4_range({10, 20, 0, 0}, {10, 20, 255, 255}, 0)}));
}

TEST(RouteAdvertisement, ComesBackAsItWasWritten) {
  const std::vector<AdvertisedRoute> routes{{{address("10.0.0.0"), address("10.0.0.9")}, 0},
                                            {{address("10.0.1.0"), address("10.0.1.9")}, 6},
                                            {{address("10.0.1.0"), address("10.0.1.9")}, 17},
                                            {{address("fd00::"), address("fd00::ffff")}, 0}};
  ByteBuffer out;
  EXPECT_EQ(append_route_advertisement(out, routes), 4U);
  CapsuleReader reader;
  reader.feed(out);
  const auto capsule = reader.next();
  ASSERT_TRUE(capsule && *capsule);
  const auto parsed = parse_route_advertisement((*capsule)->payload);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, routes);
}

TEST(RouteAdvertisement, MayBeEmptyAndThenWithdrawsAll) {
  const auto parsed = parse_route_advertisement({});
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->empty());
}

TEST(RouteAdvertisement, AcceptsARangeOfOneAddress) {
  EXPECT_FALSE(fault_of({v4_range({10, 0, 0, 1}, {10, 0, 0, 1}, 0)}));
}

TEST(RouteAdvertisement, RefusesAnIpVersionOtherThan4And6) {
  EXPECT_EQ(fault_of({bytes_of({5, 1, 1, 1, 1, 2, 2, 2, 2, 0})}), CapsuleError::BadIpVersion);
}

TEST(RouteAdvertisement, RefusesARangeThatEndsBeforeItStarts) {
  EXPECT_EQ(fault_of({v4_range({10, 0, 0, 2}, {10, 0, 0, 1}, 0)}), CapsuleError::RangeReversed);
  EXPECT_EQ(fault_of({v6_range(0xfd, 0xfc, 0)}), CapsuleError::RangeReversed);
}

TEST(RouteAdvertisement, RefusesIpv6BeforeIpv4) {
  EXPECT_EQ(fault_of({v6_range(0xfc, 0xfd, 0), v4_range({10, 0, 0, 0}, {10, 0, 0, 1}, 0)}),
            CapsuleError::RangesUnordered);
}

TEST(RouteAdvertisement, RefusesAHigherProtocolBeforeALowerOne) {
  EXPECT_EQ(fault_of({v4_range({10, 0, 0, 0}, {10, 0, 0, 1}, 17), v4_range({10, 0, 1, 0}, {10, 0, 1, 1}, 6)}),
            CapsuleError::RangesUnordered);
}

TEST(RouteAdvertisement, RefusesAHigherAddressBeforeALowerOne) {
  EXPECT_EQ(fault_of({v4_range({10, 0, 1, 0}, {10, 0, 1, 1}, 0), v4_range({10, 0, 0, 0}, {10, 0, 0, 1}, 0)}),
            CapsuleError::RangesUnordered);
}

TEST(RouteAdvertisement, RefusesRangesOfOneProtocolThatShareAnAddress) {
  EXPECT_EQ(fault_of({v4_range({10, 0, 0, 0}, {10, 0, 0, 5}, 0), v4_range({10, 0, 0, 5}, {10, 0, 0, 9}, 0)}),
            CapsuleError::RangesOverlap);
  EXPECT_FALSE(fault_of({v4_range({10, 0, 0, 0}, {10, 0, 0, 5}, 0), v4_range({10, 0, 0, 6}, {10, 0, 0, 9}, 0)}));
}

TEST(RouteAdvertisement, LetsRangesOfTwoProtocolsOverlap) {
  EXPECT_FALSE(fault_of({v4_range({10, 0, 0, 0}, {10, 0, 0, 5}, 6), v4_range({10, 0, 0, 0}, {10, 0, 0, 5}, 17)}));
}

TEST(RouteAdvertisement, RefusesARangeOfAnyProtocolThatMeetsOneOfAnother) {
  EXPECT_EQ(fault_of({v4_range({10, 0, 0, 0}, {10, 0, 0, 5}, 0), v4_range({10, 0, 1, 0}, {10, 0, 1, 5}, 0),
                      v4_range({10, 0, 1, 5}, {10, 0, 2, 0}, 6)}),
            CapsuleError::RangesOverlap);
  EXPECT_FALSE(fault_of({v4_range({10, 0, 0, 0}, {10, 0, 0, 5}, 0), v4_range({10, 0, 1, 0}, {10, 0, 1, 5}, 0),
                         v4_range({10, 0, 0, 6}, {10, 0, 0, 255}, 6)}));
}

TEST(RouteAdvertisement, RefusesMissingOctetsAtEveryCut) {
  const auto value = joined({v4_range({10, 0, 0, 0}, {10, 0, 0, 5}, 0), v6_range(0xfc, 0xfd, 0)});
  for (std::size_t size = 0; size < value.size(); ++size) {
    EXPECT_EQ(parse_route_advertisement(Bytes{value}.first(size)).has_value(), size == 0 || size == 10) << size;
  }
}

TEST(RouteAdvertisement, WritesAsManyRoutesAsOneCapsuleHolds) {
  std::vector<IpRange> ranges;
  for (std::uint32_t i = 0; i < 10000; ++i) ranges.push_back({IpAddress::v4(i * 4), IpAddress::v4(i * 4 + 1)});
  ByteBuffer out;
  EXPECT_EQ(append_route_advertisement(out, ranges), kMaxCapsuleValue / 10);
  CapsuleReader reader;
  reader.feed(out);
  const auto capsule = reader.next();
  ASSERT_TRUE(capsule && *capsule);
  EXPECT_TRUE(parse_route_advertisement((*capsule)->payload));
}

TEST(CapsuleError, HasWordsForEveryValue) {
  for (unsigned value = 0; value <= static_cast<unsigned>(CapsuleError::BadMember); ++value) {
    EXPECT_NE(describe(static_cast<CapsuleError>(value)), "unknown capsule error") << value;
  }
}

}  // namespace
}  // namespace sallyport
