#include "common/wire/address_entry.hpp"

namespace sallyport {

Result<AddressEntry, CapsuleError> take_address_entry(FieldReader& reader) {
  const auto request_id = reader.take_varint();
  if (!request_id) return fail(request_id.error());
  const auto version = reader.take_ip_version();
  if (!version) return fail(version.error());
  const auto address = reader.take_address(*version);
  if (!address) return fail(address.error());
  const auto length = reader.take_octet();
  if (!length) return fail(length.error());
  if (*length > address->bit_width()) return fail(CapsuleError::BadPrefixLength);
  const auto prefix = IpPrefix::make(*address, *length);
  if (!prefix) return fail(CapsuleError::HostBitsSet);
  return AddressEntry{*request_id, *prefix};
}

void append_address_entry(ByteBuffer& value, std::uint64_t request_id, const IpPrefix& prefix) {
  append_varint(value, request_id);
  value.push_back(static_cast<std::byte>(prefix.network().version()));
  append(value, prefix.network().octets());
  value.push_back(static_cast<std::byte>(prefix.length()));
}

}  // namespace sallyport
