#include "server/enrolment/token.hpp"

#include "common/base/hex.hpp"
#include "common/pki/random.hpp"
#include "common/pki/sha256.hpp"

#include <array>

namespace sallyport {

Result<NewToken, PkiError> make_token() {
  std::array<std::byte, 20> secret{};
  std::array<std::byte, 4> id{};
  if (auto filled = fill_random(secret); !filled) return fail(filled.error());
  if (auto filled = fill_random(id); !filled) return fail(filled.error());
  NewToken token{"spt_" + to_hex(secret), to_hex(id), {}};
  const auto hash = hash_of_token(token.text);
  if (!hash) return fail(hash.error());
  token.hash = *hash;
  return token;
}

Result<TokenHash, PkiError> hash_of_token(std::string_view text) { return sha256(as_bytes(text)); }

}  // namespace sallyport
