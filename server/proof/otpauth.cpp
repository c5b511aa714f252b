#include "server/proof/otpauth.hpp"

#include "server/proof/base32.hpp"
#include "server/proof/totp.hpp"

namespace sallyport {
namespace {

/// RFC 3986 section 2: all but unreserved characters are encoded.
std::string encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view{"-._~"}.find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else
      (out += '%').append({kHex[octet >> 4U], kHex[octet & 15U]});
  }
  return out;
}

}  // namespace

std::string otpauth_uri(std::string_view issuer, const UserId& user, Bytes secret) {
  return "otpauth://totp/" + encoded(issuer) + ':' + encoded(user.text()) + "?secret=" + to_base32(secret) +
         "&issuer=" + encoded(issuer) + "&algorithm=SHA1&digits=" + std::to_string(kTotpDigits) +
         "&period=" + std::to_string(kTotpPeriod.count());
}

}  // namespace sallyport
