#pragma once

#include "common/base/bytes.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// A Name (the whole SEQUENCE) for people: "CN=laptop,O=Example", escaped; nullopt when it is not DER.
[[nodiscard]] std::optional<std::string> describe_name(Bytes name);
/// The first common name, escaped; empty when there is none.
[[nodiscard]] std::string common_name_of(Bytes name);
/// Every value of one attribute, escaped; none when it is not DER.
[[nodiscard]] std::vector<std::string> attributes_of(Bytes name, std::string_view oid);
/// A Name that holds one common name.
[[nodiscard]] ByteBuffer encode_common_name(std::string_view common_name);

}  // namespace sallyport
