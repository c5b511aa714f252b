#pragma once

#include "common/base/result.hpp"
#include "common/pki/pki_error.hpp"
#include "server/store/token_record.hpp"

#include <string>
#include <string_view>

namespace sallyport {

/// A fresh enrolment token, as it is shown once and never again.
struct NewToken {
  std::string text;  ///< "spt_" and 40 hexadecimal digits
  std::string id;    ///< made apart from the text: who sees it learns nothing
  TokenHash hash;
};

[[nodiscard]] Result<NewToken, PkiError> make_token();

/// What the store keeps of a token. Plain SHA-256: a token is 160 random bits, which nobody finds by trying, so a slow
/// hash would protect nothing and give a flood of wrong tokens our processor instead.
[[nodiscard]] Result<TokenHash, PkiError> hash_of_token(std::string_view text);

}  // namespace sallyport
