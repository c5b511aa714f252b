#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

/// Limits of one local message: far above any real one, and low enough that no peer costs us memory or stack.
inline constexpr std::size_t kMaxMessageSize = 64U << 10U;
inline constexpr int kMaxMessageDepth = 32;
/// An answer comes from our own daemon and may list a thousand sessions.
inline constexpr std::size_t kMaxAnswerSize = 4U << 20U;

enum class MessageError { TooLong, TooDeep, NotJson, NotAnObject };
[[nodiscard]] std::string_view describe(MessageError error) noexcept;

/// Parses one JSON object without its line end.
[[nodiscard]] Result<nlohmann::json, MessageError> parse_message(std::string_view line);

/// One line with its end: printable ASCII only, whatever the strings inside hold. `message` is at most
/// kMaxMessageDepth deep when it came from parse_message() or from code.
[[nodiscard]] std::string to_line(const nlohmann::json& message);

/// The string at `key`; nullopt when it is absent or no string.
[[nodiscard]] std::optional<std::string> text_at(const nlohmann::json& message, const char* key);

/// Cuts a byte stream into messages. An error is final.
class MessageReader {
 public:
  explicit MessageReader(std::size_t limit = kMaxMessageSize) noexcept : limit_{limit} {}

  void feed(Bytes bytes);
  /// Nullopt: wants more. Call until then after each feed().
  [[nodiscard]] Result<std::optional<nlohmann::json>, MessageError> next();
  /// Octets of messages not taken yet.
  [[nodiscard]] std::size_t buffered() const noexcept { return buffer_.size(); }

 private:
  std::size_t limit_;
  std::string buffer_;
  std::size_t searched_ = 0;  ///< no line end before this offset
};

}  // namespace sallyport
