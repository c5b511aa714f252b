#include "server/policy/report/html.hpp"

#include <cstddef>
#include <cstdint>

namespace sallyport {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

/// Octets of the well-formed UTF-8 sequence (RFC 3629) at the front of `text`, and its character; length 0: there is
/// none.
struct Sequence {
  std::size_t length = 0;
  std::uint32_t character = 0;
};

std::uint32_t octet(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

Sequence sequence_at_front(std::string_view text) {
  const auto first = octet(text, 0);
  if (first < 0x80) return {1, first};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return {};
  std::uint32_t character = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(text, i) & 0xc0U) != 0x80U) return {};
    character = (character << 6U) | (octet(text, i) & 0x3fU);
  }
  const bool overlong = (length == 3 && character < 0x800) || (length == 4 && character < 0x10000);
  const bool surrogate = character >= 0xd800 && character <= 0xdfff;
  return overlong || surrogate || character > 0x10ffff ? Sequence{} : Sequence{length, character};
}

bool is_harmful(std::uint32_t c) {
  const bool control = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0);
  const bool turns_writing =
      c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  const bool no_character = (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffeU) == 0xfffeU;
  return control || turns_writing || no_character;
}

std::string_view entity_of(std::uint32_t c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [length, character] = sequence_at_front(text);
    const auto entity = entity_of(character);
    if (length == 0 || is_harmful(character))
      out += kReplacement;
    else
      out += entity.empty() ? text.substr(0, length) : entity;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string html_link(std::string_view id, std::string_view text) {
  return "<a href=\"#" + html_text(id) + "\">" + html_text(text) + "</a>";
}

std::string html_joined(const std::vector<std::string>& pieces, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < pieces.size(); ++i) out.append(i == 0 ? "" : separator).append(pieces[i]);
  return out;
}

}  // namespace sallyport
