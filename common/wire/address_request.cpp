#include "common/wire/address_request.hpp"

#include "common/wire/address_entry.hpp"
#include "common/wire/capsule.hpp"

#include <algorithm>

namespace sallyport {
namespace {

bool has_repeated_id(const std::vector<RequestedAddress>& requests) {
  std::vector<std::uint64_t> ids;
  for (const auto& request : requests) ids.push_back(request.request_id);
  std::sort(ids.begin(), ids.end());
  return std::adjacent_find(ids.begin(), ids.end()) != ids.end();
}

}  // namespace

Result<std::vector<RequestedAddress>, CapsuleError> parse_address_request(Bytes value) {
  std::vector<RequestedAddress> requests;
  for (FieldReader reader{value}; !reader.at_end();) {
    const auto entry = take_address_entry(reader);
    if (!entry) return fail(entry.error());
    if (entry->request_id == 0) return fail(CapsuleError::ZeroRequestId);
    requests.push_back({entry->request_id, entry->prefix});
  }
  if (requests.empty()) return fail(CapsuleError::NothingRequested);
  if (has_repeated_id(requests)) return fail(CapsuleError::RepeatedRequestId);
  return requests;
}

void append_address_request(ByteBuffer& out, std::span<const RequestedAddress> requests) {
  ByteBuffer value;
  for (const auto& request : requests) append_address_entry(value, request.request_id, request.prefix);
  append_capsule(out, CapsuleType::AddressRequest, value);
}

}  // namespace sallyport
