#pragma once

#include "common/base/bytes.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

inline constexpr int kMaxJsonDepth = 32;
inline constexpr std::size_t kMaxJsonSize = 64U << 10U;

/// A JSON object from the peer, bounded in size and nesting; nullopt for anything else.
[[nodiscard]] std::optional<nlohmann::json> parse_control_json(Bytes text);

/// JSON that a peer may read: invalid UTF-8 is replaced, never thrown about.
[[nodiscard]] std::string dump_control_json(const nlohmann::ordered_json& object);

/// The member as printable text, "" when it is absent; nullopt when it is no string.
[[nodiscard]] std::optional<std::string> text_member(const nlohmann::json& object, std::string_view key);

}  // namespace sallyport
