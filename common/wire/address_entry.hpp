#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/ip/address.hpp"
#include "common/wire/capsule_error.hpp"
#include "common/wire/field_reader.hpp"

#include <cstdint>

namespace sallyport {

/// The four fields that Assigned Address and Requested Address share (RFC 9484 sections 4.7.1 and 4.7.2).
struct AddressEntry {
  std::uint64_t request_id;
  IpPrefix prefix;
};

[[nodiscard]] Result<AddressEntry, CapsuleError> take_address_entry(FieldReader& reader);
void append_address_entry(ByteBuffer& value, std::uint64_t request_id, const IpPrefix& prefix);

}  // namespace sallyport
