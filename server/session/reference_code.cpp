#include "server/session/reference_code.hpp"

#include "common/pki/hmac.hpp"

#include <string_view>

namespace sallyport {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kLength = 9;
constexpr std::size_t kDash = 4;

void append_be64(ByteBuffer& out, std::uint64_t number) {
  for (unsigned shift = 64; shift != 0; shift -= 8) out.push_back(static_cast<std::byte>(number >> (shift - 8)));
}

}  // namespace

std::string reference_code(const CodeKey& key, SessionId session, std::uint64_t refusal) {
  ByteBuffer message;
  append_be64(message, static_cast<std::uint64_t>(session));
  append_be64(message, refusal);
  const auto hash = hmac_sha256(key, message);
  if (!hash) return {};
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 5; ++i) bits = bits << 8U | std::to_integer<std::uint64_t>((*hash)[i]);
  std::string code;
  for (unsigned i = 0; i < 8; ++i) {
    if (i == kDash) code += '-';
    code += kAlphabet[(bits >> (35U - 5U * i)) & 31U];
  }
  return code;
}

bool is_reference_code(std::string_view text) noexcept {
  if (text.size() != kLength) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == kDash ? text[i] != '-' : kAlphabet.find(text[i]) == std::string_view::npos) return false;
  }
  return true;
}

std::string reference_code_of(std::string_view text) {
  std::string code;
  for (const char c : text) {
    if (c == '-' || c == ' ') continue;
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (code.size() == 4) code += '-';
    code += upper == 'O' ? '0' : upper == 'I' || upper == 'L' ? '1' : upper;
  }
  return code;
}

}  // namespace sallyport
