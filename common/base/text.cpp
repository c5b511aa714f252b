#include "common/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <vector>

namespace sallyport {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

std::string escape(std::string_view text, std::size_t limit, bool escapes_backslash) {
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    const bool plain = octet >= 0x20 && octet < 0x7f && (c != '\\' || !escapes_backslash);
    const std::string piece = plain ? std::string(1, c) : fmt::format("\\x{:02x}", octet);
    if (out.size() + piece.size() > limit) {
      out.resize(limit >= 3 ? std::min(out.size(), limit - 3) : 0);
      return out + "...";
    }
    out += piece;
  }
  return out;
}

}  // namespace

std::string escape_untrusted(std::string_view text, std::size_t limit) { return escape(text, limit, true); }

std::string escape_quoting(std::string_view text, std::size_t limit) { return escape(text, limit, false); }

std::string escape_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const auto octet = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts_upper = octet(i) == 0xc2 && i + 1 < text.size() && octet(i + 1) >= 0x80 && octet(i + 1) < 0xa0;
    const bool is_control = (octet(i) < 0x20 && text[i] != '\n' && text[i] != '\t') || octet(i) == 0x7f;
    if (starts_upper) ++i;
    if (starts_upper || is_control)
      out += fmt::format("\\x{:02x}", octet(i));
    else
      out += text[i];
  }
  return out;
}

std::optional<std::string_view> closest_match(std::string_view word, std::span<const std::string_view> candidates) {
  std::optional<std::string_view> best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto candidate : candidates) {
    const auto distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string shell_word(std::string_view text) {
  const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"@._:/+-"}.find(c) != std::string_view::npos;
  });
  if (is_plain) return std::string{text};
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
  return word + '\'';
}

std::string lower_ascii(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::optional<unsigned> parse_decimal(std::string_view text, unsigned max) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

}  // namespace sallyport
