#pragma once

#include "server/config/config_reader.hpp"
#include "server/config/endpoint.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

// The kinds of values that several sections of gateway.toml have. What is not of its kind is complained about, and
// counts as absent.

/// In lower case; empty: there is none.
[[nodiscard]] std::string read_host_name(ConfigReader& reader, KeyPath key);
/// One ADDRESS:PORT or a list of them, each once.
[[nodiscard]] std::vector<Endpoint> read_endpoints(ConfigReader& reader, KeyPath key);
[[nodiscard]] bool is_absolute_path(std::string_view text) noexcept;
/// Such a path, without a slash at its end.
[[nodiscard]] std::string read_path(ConfigReader& reader, KeyPath key, std::string fallback);
/// A name that an interface can have.
[[nodiscard]] std::optional<std::string> read_interface(ConfigReader& reader, KeyPath key);
[[nodiscard]] std::chrono::seconds read_duration(ConfigReader& reader, KeyPath key, std::chrono::seconds fallback);
/// A time from `least` on, or "none".
[[nodiscard]] std::optional<std::chrono::seconds> read_limit(ConfigReader& reader, KeyPath key,
                                                             std::chrono::seconds least,
                                                             std::optional<std::chrono::seconds> fallback);

/// One of the words that name the values of an enumeration. An unknown one is a mistake, never a default.
template <class Enum, std::size_t N>
Enum read_choice(ConfigReader& reader, KeyPath key, const std::array<Enum, N>& choices, Enum fallback) {
  const auto text = reader.text(key);
  if (!text) return fallback;
  std::string known;
  for (const Enum choice : choices) {
    if (text->value == name_of(choice)) return choice;
    known.append(known.empty() ? "\"" : ", \"").append(name_of(choice)).append("\"");
  }
  reader.complain(text->place, std::string{key.name} + " cannot be " + in_quotes(text->value), "one of " + known);
  return fallback;
}

}  // namespace sallyport
