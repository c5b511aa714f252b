#pragma once

#include "common/base/bytes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// A Name (the whole SEQUENCE) for people: "CN=laptop,O=Example", escaped; nullopt when it is not DER.
[[nodiscard]] std::optional<std::string> describe_name(Bytes name);
/// The first common name, escaped; empty when there is none.
[[nodiscard]] std::string common_name_of(Bytes name);
/// A Name that holds one common name.
[[nodiscard]] ByteBuffer encode_common_name(std::string_view common_name);

}  // namespace sallyport
