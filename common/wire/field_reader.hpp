#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/ip/address.hpp"
#include "common/wire/capsule_error.hpp"
#include "common/wire/varint.hpp"

#include <cstdint>

namespace sallyport {

/// Takes one field after another from a capsule's value.
class FieldReader {
 public:
  explicit FieldReader(Bytes value) noexcept : rest_{value} {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

  [[nodiscard]] Result<std::uint64_t, CapsuleError> take_varint() noexcept {
    const auto varint = parse_varint(rest_);
    if (!varint) return fail(CapsuleError::FieldMissing);
    rest_ = rest_.subspan(varint->size);
    return varint->value;
  }

  [[nodiscard]] Result<std::uint8_t, CapsuleError> take_octet() noexcept {
    if (rest_.empty()) return fail(CapsuleError::FieldMissing);
    const auto octet = std::to_integer<std::uint8_t>(rest_[0]);
    rest_ = rest_.subspan(1);
    return octet;
  }

  /// The IP Version field: 4 or 6.
  [[nodiscard]] Result<std::uint8_t, CapsuleError> take_ip_version() noexcept {
    const auto version = take_octet();
    if (version && *version != 4 && *version != 6) return fail(CapsuleError::BadIpVersion);
    return version;
  }

  [[nodiscard]] Result<IpAddress, CapsuleError> take_address(std::uint8_t version) noexcept {
    const std::size_t size = version == 4 ? 4 : 16;
    if (rest_.size() < size) return fail(CapsuleError::FieldMissing);
    const IpAddress address = IpAddress::from_octets(rest_.first(size));
    rest_ = rest_.subspan(size);
    return address;
  }

 private:
  Bytes rest_;
};

}  // namespace sallyport
