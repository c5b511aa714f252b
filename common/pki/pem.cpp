#include "common/pki/pem.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace sallyport {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kLineLength = 64;

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr auto kValues = make_values();

std::string encode(Bytes der) {
  std::string out;
  for (std::size_t i = 0; i < der.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = (group << 8U) | (i + j < der.size() ? std::to_integer<std::uint32_t>(der[i + j]) : 0U);
    }
    for (unsigned j = 0; j < 4; ++j) {
      const bool is_padding = i + j > der.size();
      out.push_back(is_padding ? '=' : kAlphabet[(group >> (18U - 6U * j)) & 0x3fU]);
    }
  }
  return out;
}

/// Strict base64 with line breaks anywhere; nullopt for other characters or misplaced padding.
std::optional<ByteBuffer> decode(std::string_view text) {
  ByteBuffer out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  unsigned count = 0;
  unsigned padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == ' ' || c == '\t') continue;
    const auto value = kValues[static_cast<unsigned char>(c)];
    if (c == '=') {
      ++padding;
    } else if (value < 0 || padding != 0) {
      return std::nullopt;
    }
    group = (group << 6U) | (c == '=' ? 0U : static_cast<std::uint32_t>(value));
    if (++count % 4 != 0) continue;
    if (padding > 2) return std::nullopt;
    for (unsigned j = 0; j < 3 - padding; ++j) out.push_back(static_cast<std::byte>((group >> (16U - 8U * j)) & 0xffU));
    group = 0;
  }
  if (count % 4 != 0 || padding > 2) return std::nullopt;
  return out;
}

}  // namespace

std::string to_pem(std::string_view label, Bytes der) {
  const std::string body = encode(der);
  std::string out = "-----BEGIN " + std::string{label} + "-----\n";
  for (std::size_t i = 0; i < body.size(); i += kLineLength) out += body.substr(i, kLineLength) + "\n";
  return out + "-----END " + std::string{label} + "-----\n";
}

Result<std::vector<ByteBuffer>, PkiError> from_pem(std::string_view label, std::string_view text) {
  const std::string begin = "-----BEGIN " + std::string{label} + "-----";
  const std::string end = "-----END " + std::string{label} + "-----";
  std::vector<ByteBuffer> blocks;
  for (auto start = text.find(begin); start != std::string_view::npos; start = text.find(begin)) {
    text.remove_prefix(start + begin.size());
    const auto stop = text.find(end);
    auto block = stop == std::string_view::npos ? std::nullopt : decode(text.substr(0, stop));
    if (!block || block->empty()) {
      return fail(PkiError{PkiProblem::Malformed, "the PEM block \"" + std::string{label} + "\" is damaged"});
    }
    blocks.push_back(std::move(*block));
    text.remove_prefix(stop + end.size());
  }
  return blocks;
}

}  // namespace sallyport
