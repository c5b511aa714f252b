#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace sallyport {

/// Per-packet facts are Debug; addresses of people never above it.
enum class Level { Debug, Info, Notice, Warning, Error };
[[nodiscard]] std::string_view to_string(Level level) noexcept;

/// One fact of an event, borrowed for the call. `name`: lower case letters, digits and '_', a constant of ours.
struct LogField {
  using Value = std::variant<std::string_view, std::int64_t, bool>;

  LogField(std::string_view field, std::string_view text) noexcept : name{field}, value{text} {}
  LogField(std::string_view field, const std::string& text) noexcept : name{field}, value{std::string_view{text}} {}
  LogField(std::string_view field, const char* text) noexcept : name{field}, value{std::string_view{text}} {}
  LogField(std::string_view field, bool flag) noexcept : name{field}, value{flag} {}
  template <std::integral Integer>
  LogField(std::string_view field, Integer number) noexcept : name{field}, value{static_cast<std::int64_t>(number)} {}

  std::string_view name;
  Value value;
};

/// One event, borrowed for the call.
struct LogRecord {
  std::chrono::sys_time<std::chrono::milliseconds> time;
  Level level;
  std::string_view event;
  std::string_view words;
  std::span<const LogField> fields;
};

/// Longest message and longest value a sink writes, in characters.
inline constexpr std::size_t kMaxLogWords = 1024;
inline constexpr std::size_t kMaxLogValue = 256;

/// The value as printable ASCII.
[[nodiscard]] std::string to_text(const LogField::Value& value);

/// RFC 3339, UTC, with milliseconds.
[[nodiscard]] std::string format_utc_milliseconds(std::chrono::sys_time<std::chrono::milliseconds> time);

/// One JSON object and a line end: time (RFC 3339, UTC), level, event, message, then the fields.
[[nodiscard]] std::string to_json_line(const LogRecord& record);

/// "warning: words (user=ana@example.com)" and a line end.
[[nodiscard]] std::string to_terminal_line(const LogRecord& record);

}  // namespace sallyport
