#include "common/wire/address_assign.hpp"

#include "common/wire/address_entry.hpp"
#include "common/wire/capsule.hpp"

namespace sallyport {

Result<std::vector<AssignedAddress>, CapsuleError> parse_address_assign(Bytes value) {
  std::vector<AssignedAddress> addresses;
  for (FieldReader reader{value}; !reader.at_end();) {
    const auto entry = take_address_entry(reader);
    if (!entry) return fail(entry.error());
    addresses.push_back({entry->request_id, entry->prefix});
  }
  return addresses;
}

void append_address_assign(ByteBuffer& out, std::span<const AssignedAddress> addresses) {
  ByteBuffer value;
  for (const auto& address : addresses) append_address_entry(value, address.request_id, address.prefix);
  append_capsule(out, CapsuleType::AddressAssign, value);
}

}  // namespace sallyport
