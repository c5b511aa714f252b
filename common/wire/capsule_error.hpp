#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport {

/// Why a capsule is malformed. Every one of them ends the session (RFC 9297 section 3.3).
enum class CapsuleError : std::uint8_t {
  CutShort,
  TooLong,
  FieldMissing,
  BadIpVersion,
  BadPrefixLength,
  HostBitsSet,
  ZeroRequestId,
  RepeatedRequestId,
  NothingRequested,
  RangeReversed,
  RangesUnordered,
  RangesOverlap,
  BadJson,
  BadMember,
};

[[nodiscard]] constexpr std::string_view describe(CapsuleError error) noexcept {
  switch (error) {
    case CapsuleError::CutShort:
      return "the stream ended inside a capsule";
    case CapsuleError::TooLong:
      return "a capsule is longer than 65,536 octets";
    case CapsuleError::FieldMissing:
      return "a capsule ends inside a field";
    case CapsuleError::BadIpVersion:
      return "an IP version is neither 4 nor 6";
    case CapsuleError::BadPrefixLength:
      return "a prefix length is longer than its address";
    case CapsuleError::HostBitsSet:
      return "a prefix has bits set behind its length";
    case CapsuleError::ZeroRequestId:
      return "an address request has the ID 0";
    case CapsuleError::RepeatedRequestId:
      return "two address requests have one ID";
    case CapsuleError::NothingRequested:
      return "an ADDRESS_REQUEST asks for nothing";
    case CapsuleError::RangeReversed:
      return "an address range ends before it starts";
    case CapsuleError::RangesUnordered:
      return "address ranges are out of order";
    case CapsuleError::RangesOverlap:
      return "address ranges overlap";
    case CapsuleError::BadJson:
      return "a control message is not a JSON object nested at most 32 deep";
    case CapsuleError::BadMember:
      return "a control message lacks a member or has one of the wrong kind";
  }
  return "unknown capsule error";
}

}  // namespace sallyport
