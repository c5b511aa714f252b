#include "server/proof/totp.hpp"

#include "common/pki/hmac.hpp"

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

constexpr std::array<std::uint32_t, 9> kPowersOfTen{1,       10,        100,        1000,       10'000,
                                                    100'000, 1'000'000, 10'000'000, 100'000'000};

/// RFC 4226 section 5.3: four octets from where the last one points, without the sign bit.
std::uint32_t truncated(const Sha1Mac& mac) {
  const auto offset = std::to_integer<std::size_t>(mac.back() & std::byte{0x0f});
  return load_be32(Bytes{mac}.subspan(offset)) & 0x7fffffffU;
}

}  // namespace

Result<std::string, PkiError> hotp(Bytes secret, std::uint64_t counter, unsigned digits) {
  std::array<std::byte, 8> moving{};
  store_be32(moving, static_cast<std::uint32_t>(counter >> 32U));
  store_be32(MutableBytes{moving}.subspan(4), static_cast<std::uint32_t>(counter & 0xffffffffU));
  const auto mac = hmac_sha1(secret, moving);
  if (!mac) return fail(mac.error());
  const std::size_t size = std::clamp(digits, 6U, 8U);
  auto code = std::to_string(truncated(*mac) % kPowersOfTen[size]);
  code.insert(0, size - code.size(), '0');
  return code;
}

std::optional<TotpStep> find_totp_step(Bytes secret, std::string_view code, TotpStep used, WallTime now) {
  std::optional<TotpStep> found;
  for (TotpStep step = totp_step(now) - 1; step <= totp_step(now) + 1; ++step) {
    const auto right = hotp(secret, static_cast<std::uint64_t>(step));
    if (!right) return std::nullopt;
    const bool matches = equal_in_constant_time(as_bytes(*right), as_bytes(code));
    if (matches && step > used && !found) found = step;
  }
  return found;
}

}  // namespace sallyport
