#include "server/proof/recovery_code.hpp"

#include "common/base/text.hpp"
#include "server/proof/base32.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::string_view kLabel = "sallyport recovery code v1";
constexpr std::size_t kGroup = 4;
constexpr std::size_t kLetters = kRecoveryCodeSize * 8 / 5;

}  // namespace

std::string recovery_code_from(Bytes random) {
  const auto letters = lower_ascii(to_base32(random.first(kRecoveryCodeSize)));
  std::string code;
  for (std::size_t i = 0; i < letters.size(); i += kGroup) {
    code.append(code.empty() ? "" : "-").append(letters, i, kGroup);
  }
  return code;
}

std::optional<Sha256Digest> recovery_digest(const UserId& user, std::string_view code) {
  auto letters = lower_ascii(code);
  std::erase(letters, '-');
  const bool fits = std::all_of(letters.begin(), letters.end(),
                                [](char c) { return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7'); });
  if (!fits || letters.size() != kLetters) return std::nullopt;
  const std::string text = std::string{kLabel} + '\0' + user.text() + '\0' + letters;
  const auto digest = sha256(as_bytes(text));
  return digest ? std::optional{*digest} : std::nullopt;
}

}  // namespace sallyport
