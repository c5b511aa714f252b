#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// What a file of [groups] with KEY=VALUE says of one key; such files belong to dnf, dconf and KDE.
struct KeyFileValue {
  std::string text;
  bool is_fixed = false;  ///< KDE's [$i]: the user cannot change it
  friend bool operator==(const KeyFileValue&, const KeyFileValue&) = default;
};

/// The last value of `key` in `group`; nullopt: it is not set there.
[[nodiscard]] std::optional<KeyFileValue> key_file_value(std::string_view text, std::string_view group,
                                                         std::string_view key);

/// "true", "yes", "on", "1" and their opposites, in any case; nullopt for anything else.
[[nodiscard]] std::optional<bool> switch_of(std::string_view text);

}  // namespace sallyport
