#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sallyport {

/// Peer-controlled text made safe for logs and terminals: printable ASCII only, other octets as \xNN,
/// at most `limit` characters ("..." marks a cut).
[[nodiscard]] std::string escape_untrusted(std::string_view text, std::size_t limit = 256);
/// The same for words of a library that has escaped what it quotes: its backslashes stay.
[[nodiscard]] std::string escape_quoting(std::string_view text, std::size_t limit = 256);

/// A text of many lines and any language made safe for a terminal: control characters but line feed and tab, those of
/// the upper half (U+0080 to U+009F) among them, become \xNN. Of any length.
[[nodiscard]] std::string escape_controls(std::string_view text);

/// The candidate a person most likely meant by `word`: edit distance at most a third of its length, at least 1.
[[nodiscard]] std::optional<std::string_view> closest_match(std::string_view word,
                                                            std::span<const std::string_view> candidates);

/// One word of a line that a person may copy into a shell: `text` as it is where that is safe, else in quotes. Control
/// characters must have been made printable before.
[[nodiscard]] std::string shell_word(std::string_view text);

[[nodiscard]] std::string lower_ascii(std::string_view text);

/// Whole-string decimal without sign or leading zeros; nullopt above `max`.
[[nodiscard]] std::optional<unsigned> parse_decimal(std::string_view text, unsigned max);

}  // namespace sallyport
