#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sallyport {

/// One key of gateway.toml. The loader knows no others; sallyport-gateway --keys prints these.
struct ConfigKey {
  std::string_view table;  ///< "" is the top of the file
  std::string_view name;
  std::string_view fallback;  ///< what holds without it, in words; empty: the key must be there
  std::string_view example;   ///< a value as it is written
  std::string_view meaning;

  [[nodiscard]] bool is_required() const noexcept { return fallback.empty(); }
};

[[nodiscard]] std::span<const ConfigKey> gateway_config_keys() noexcept;

/// Null when there is no such key.
[[nodiscard]] const ConfigKey* find_gateway_config_key(std::string_view table, std::string_view name) noexcept;

/// "name" or "[tun] name".
[[nodiscard]] std::string full_name(const ConfigKey& key);

/// The whole reference for a terminal or a page, one line per key, each ended.
[[nodiscard]] std::string gateway_config_reference();

}  // namespace sallyport
